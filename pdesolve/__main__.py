"""`python -m pdesolve`."""

import sys

from pdesolve.cli import main

if __name__ == "__main__":
    sys.exit(main())
