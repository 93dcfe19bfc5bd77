"""`python -m core.exchange`: serve a recording or a generated market until told to stop."""

from __future__ import annotations

import sys

from core.exchange.cli import main

if __name__ == "__main__":
    sys.exit(main())
