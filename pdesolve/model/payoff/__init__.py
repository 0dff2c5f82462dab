"""Priors of the payoff and how evidence tilts them."""
