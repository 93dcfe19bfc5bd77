"""Pane 3 of the system screen: the tape and the ledger, how far they are behind, how big they are, and what the tape lacks."""

from __future__ import annotations

from cockpit import figures
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.text import clean
from core.system_view import StoreHealth

#: A file with a log of this size is being read by someone who does not let go.
MUCH_LOG = 64e6

#: Waiting rows from here on are worth a look.
MANY_ROWS = 10_000


class StorePane(Facts, can_focus=True):
    """Both files."""

    NUMBER = 3
    TITLE = "Store"

    def paint(self, store: StoreHealth) -> None:
        """Show the files."""
        troubled = bool(store.trouble or store.ledger_trouble)
        self.show_lines(f"{self.NUMBER} {self.TITLE}", store_lines(store), ("trouble", "bad") if troubled else ("ok", "muted"))


def store_lines(store: StoreHealth) -> list[list[Part]]:
    """The tape, its gaps, the ledger, the disk."""
    behind = "warn" if store.backlog >= MANY_ROWS else "plain"
    return [
        fact("tape", *_condition(store.trouble, "recording waits")),
        fact("", Part(f"{store.ticks:,} ticks"), *_sealed(store)),
        fact("waiting", Part(f"{store.backlog:,} ticks", behind)),
        fact("commit", Part(figures.span(None if store.lag_ms is None else store.lag_ms * 1e3)), Part(" after receiving", "muted")),
        fact("file", *_file(store.tape_bytes, store.tape_wal_bytes)),
        *_gaps(store.gaps),
        fact("ledger", *_condition(store.ledger_trouble, "fills wait")),
        fact("waiting", Part(f"{store.ledger_backlog:,} writes"), Part(f" · {store.settling:,} for the tape", "muted")),
        fact("file", *_file(store.ledger_bytes, store.ledger_wal_bytes)),
        fact("disk", Part(f"{figures.size(store.disk_free_bytes)} free")),
    ]


def _condition(trouble: str, effect: str) -> list[Part]:
    return [Part(f"{clean(trouble)}: {effect}", "bad")] if trouble else [Part("ok")]


def _sealed(store: StoreHealth) -> list[Part]:
    return [Part(f" · {store.sealed / store.ticks:.0%} sealed", "muted")] if store.sealed and store.ticks else []


def _file(size: int | None, log: int | None) -> list[Part]:
    tone = "warn" if log is not None and log > MUCH_LOG else "muted"
    return [Part(figures.size(size)), Part(f" + log {figures.size(log)}", tone)]


def _gaps(gaps: dict[str, list[int]] | None) -> list[list[Part]]:
    """Rows and ids by state."""
    if gaps is None:
        return [fact("gaps", Part("counting …", "muted"))]
    lines = []
    for label, state, tone in (("gaps", "open", "warn"), ("", "lost", "warn"), ("", "filled", "plain"), ("", "quarantined", "warn")):
        rows, ids = gaps.get(state, [0, 0])
        words = f"{rows:,} {state}" + (f", {ids:,} id{'s' if ids != 1 else ''}" if rows else "")
        lines.append(fact(label, Part(words, tone if rows else "plain")))
    return lines
