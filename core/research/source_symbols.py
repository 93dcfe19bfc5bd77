"""Whose rows a file or folder holds, before anything is run over it. It is looked at in a process of its own: a large folder, or a file
made to be trouble, takes nobody's time but its own.

    python -P -m core.research.source_symbols PATH
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from core.child import running
from core.errors import CockpitError, SourceError, one_line

#: Seconds a look may take; whatever takes longer is judged by the run itself.
WITHIN_S = 5.0

#: Symbols that are told.
MOST = 500


class Held(msgspec.Struct, frozen=True):
    """What was seen: symbols by name, and why it cannot be read; '' where it can."""

    symbols: list[str] = []
    wrong: str = ""


def symbols_of(path: Path) -> list[str]:
    """The symbols that names tell, and of a single file those of its symbol column near the top.

    Raises:
        SourceError: there is nothing there that could be read.
    """
    from core.research.source_select import found_in, read_table

    found = found_in(path)
    told = {one.named.symbol for one in found if one.named.symbol}
    if len(found) == 1 and not told:
        told = set(read_table(found[0].file).symbols)
    return sorted(told)[:MOST]


async def look(path: str) -> Held:
    """Have it looked at; an empty answer where that takes too long.

    Raises:
        CockpitError: the process came to nothing.
    """
    asked = running("core.research.source_symbols", path, stdin=asyncio.subprocess.DEVNULL, own_session=True)
    try:
        async with asked as process, asyncio.timeout(WITHIN_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return Held()
    try:
        return msgspec.json.decode(said, type=Held)
    except msgspec.MsgspecError as error:
        raise CockpitError("the source could not be looked at") from error


def main() -> None:
    """Say what one path holds, as JSON."""
    os.nice(10)
    try:
        held = Held(symbols_of(Path(sys.argv[1])))
    except SourceError as error:
        held = Held(wrong=one_line(str(error)))
    sys.stdout.buffer.write(msgspec.json.encode(held))


if __name__ == "__main__":
    main()
