"""The partial differential equations: state space, passes, refinement, error bars."""
