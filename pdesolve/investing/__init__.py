"""What an outside investor does with returns that are given: growth and portfolios."""
