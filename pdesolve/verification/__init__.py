"""Does the code solve the equations, and are they the limit of the model."""
