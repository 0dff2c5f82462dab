"""The discrete model by backward induction."""
