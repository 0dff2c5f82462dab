"""Parameters from what is observed: targets, the search for them, and what is known then."""
