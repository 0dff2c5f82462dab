"""The model at a point of the state space: payoffs, attention, equations; no grids."""
