"""General methods: grid, banded solves, time stepping, splines, roots; no economics."""
