"""The attention choice: what it costs, what it buys, the best response to a variance."""
