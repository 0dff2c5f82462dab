"""Tests, room by room; one BLAS thread each, since several workers run them at once."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
