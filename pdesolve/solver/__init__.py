"""From a case to its equilibrium: the PDEs, the discrete model, the normal closed form."""
