"""`python -m pdesolve`."""

import sys

from pdesolve.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
