"""Many cases: sweeps, slopes, stores of finished points, where they are solved."""
