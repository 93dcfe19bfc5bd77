"""The process that tests a rule on the tape for an engine: users' indicators run here, never in the engine."""

from __future__ import annotations

from core.alerts.trial import Trial, try_rule
from core.parent import serve


def main() -> None:
    """Try one rule."""
    serve(Trial, try_rule)


if __name__ == "__main__":
    main()
