"""The ledger's outbox: what is to be told of alerts outside, written with them in one transaction, kept until it is told or given up.

Of an alert a channel is told at most twice: that it was raised, and that it is over. What is not told yet survives any end of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import aiosqlite

from core.store.connection import rows_of
from core.store.ledger_rows import ALERTS, MARKS, Row, dicts_of, upsert
from core.store.writer import Writer

COLUMNS = ("channel", "alert_id", "event", "level", "ts_ns", "body", "state", "tries", "due_ns", "held", "error")

_INSERT = f"INSERT OR IGNORE INTO outbox({', '.join(COLUMNS)}) VALUES({', '.join('?' * len(COLUMNS))})"
_WAITING = "SELECT * FROM outbox WHERE channel = ? AND state = 'waiting' ORDER BY due_ns, post_id LIMIT ?"
_SETTLE = "UPDATE outbox SET state = ?, tries = ?, due_ns = ?, error = ? WHERE post_id = ?"
_GIVE_UP = "UPDATE outbox SET state = 'failed', error = ? WHERE state = 'waiting' AND channel = ?"
_PRUNE = """DELETE FROM outbox WHERE state <> 'waiting' AND ts_ns < ?
    AND alert_id NOT IN (SELECT alert_id FROM alerts WHERE state = 'open')"""


class Post(NamedTuple):
    """One thing to tell one channel, as the columns of `outbox`.

    Attributes:
        event: raised | resolved.
        due_ns: not before; `held` says that this is so for quiet hours.
        number: its `post_id`, once it is in the outbox.
    """

    channel: str
    alert_id: str
    event: str
    level: str
    ts_ns: int
    body: str
    due_ns: int
    held: bool = False
    state: str = "waiting"
    tries: int = 0
    error: str = ""
    number: int = 0

    @property
    def row(self) -> Row:
        """In the order of `COLUMNS`."""
        return tuple(int(value) if isinstance(value, bool) else value for value in map(self.__getattribute__, COLUMNS))


class Outbox:
    """Reads and writes the outbox, through the ledger's own queue of writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def waiting(self, channel: str, most: int) -> list[Post]:
        """What a channel is to be told, what is due first before the rest."""
        rows = await self._writer.put(partial(dicts_of, query=_WAITING, values=(channel, most)), 0).done
        return [_post(row) for row in rows]

    async def settle(self, post: Post) -> None:
        """Note how a post stands: its state, tries, when it is due, and why it failed. Returns once that is on disk."""
        await self._run(_SETTLE, (post.state, post.tries, post.due_ns, post.error, post.number))

    async def fold(self, posts: Sequence[Post], into: Post) -> None:
        """Put one post in place of several, all or nothing."""
        await self._writer.put(partial(_fold, posts=posts, into=into), len(posts) + 1).done

    async def give_up(self, channel: str, why: str) -> None:
        """Nothing waits for this channel any more."""
        await self._run(_GIVE_UP, (why, channel))

    async def counts(self) -> dict[str, dict[str, int]]:
        """By channel, how many posts there are of each state."""
        query = "SELECT channel, state, count(*) AS number FROM outbox GROUP BY channel, state"
        found: dict[str, dict[str, int]] = {}
        for row in await self._writer.put(partial(dicts_of, query=query), 0).done:
            found.setdefault(row["channel"], {})[row["state"]] = row["number"]
        return found

    async def prune(self, before_ns: int) -> None:
        """Forget what was settled before this time, but for alerts that are open."""
        await self._run(_PRUNE, (before_ns,))

    async def _run(self, statement: str, values: Row) -> None:
        await self._writer.put(lambda db: db.execute_fetchall(statement, values)).done


async def put_alerts(db: aiosqlite.Connection, rows: Sequence[Row], marks: Sequence[Row], posts: Sequence[Post]) -> None:
    """Alerts, how far rules have looked, and what is to be told of these alerts, in one transaction: all of it is on disk, or nothing.

    Of the posts those go in that tell something: that an alert is raised, where it was not known or got to another level; that it is over,
    where it was open and its channel was to be told of it. One that is open again is not over.
    """
    before = {row[0]: row for row in await _known(db, [row[0] for row in rows])} if posts else {}
    await upsert(db, ALERTS, rows)
    await upsert(db, MARKS, marks)
    after = {row[0]: row for row in rows}
    for post in posts:
        old, new = before.get(post.alert_id), after[post.alert_id]
        if post.event == "raised" and (old is None or (new[4] == "open" and old[1] != new[2])):
            await db.execute_fetchall(_INSERT, post.row)
        elif post.event == "resolved" and old is not None and old[2] == "open" and new[4] == "closed":
            told = "SELECT 1 FROM outbox WHERE channel = ? AND alert_id = ? AND event = 'raised'"
            if await rows_of(db, told, (post.channel, post.alert_id)):
                await db.execute_fetchall(_INSERT, post.row)
    for id_, old in before.items():
        if old[2] == "closed" and after[id_][4] == "open":
            await db.execute_fetchall("DELETE FROM outbox WHERE alert_id = ? AND event = 'resolved' AND state = 'waiting'", (id_,))


async def _known(db: aiosqlite.Connection, ids: Sequence[str]) -> list[Any]:
    """(id, level, state) of those of these alerts that are on the ledger."""
    return [row for id_ in ids for row in await rows_of(db, "SELECT alert_id, level, state FROM alerts WHERE alert_id = ?", (id_,))]


async def _fold(db: aiosqlite.Connection, posts: Sequence[Post], into: Post) -> None:
    for post in posts:
        await db.execute_fetchall("UPDATE outbox SET state = 'folded' WHERE post_id = ?", (post.number,))
    await db.execute_fetchall(_INSERT, into.row)


def _post(row: dict[str, Any]) -> Post:
    return Post(**{name: row[name] for name in COLUMNS} | {"held": bool(row["held"]), "number": row["post_id"]})
