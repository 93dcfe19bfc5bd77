"""The process that looks into a strategy's past for an engine: users' strategies run here, never in the engine."""

from __future__ import annotations

import os

from core.parent import serve
from core.research.inquest.why import inquire
from core.research.inquest.words import Inquiry


def main() -> None:
    """Answer one inquiry."""
    os.nice(19)  # a person waits, but no decision may
    serve(Inquiry, inquire)


if __name__ == "__main__":
    main()
