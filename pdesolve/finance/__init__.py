"""What a solved market implies: the path of a steady price, the economy path by path."""
