"""The files in which runs leave their curves and fills: beside the ledger, the newest ones, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import structlog

from core.research.service import Detail

log = structlog.get_logger("lab")

#: Files that are kept.
KEPT = 300

FOLDER = "runs"

#: Ends the name of a study's report.
PAGE = ".html.gz"


def read_detail(path: Path, kind: type[Any] = Detail) -> msgspec.Raw | None:
    """A file as it is, once it was looked at: unpacking it into words only to pack them again would take the loop's time."""
    try:
        data = path.read_bytes()
        msgspec.msgpack.decode(data, type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        if not isinstance(error, FileNotFoundError):
            log.warning("cannot read what a run left", file=str(path), error=str(error))
        return None
    return msgspec.Raw(data)


def prune(folder: Path) -> None:
    """Keep the newest files only with their reports, and no drafts of runs that were cut off."""
    try:
        files = sorted(folder.glob("*.msgpack"), key=lambda path: path.stat().st_mtime)
        kept = {path.stem for path in files[-KEPT:]}
        pages = [path for path in folder.glob(f"*{PAGE}") if path.name.removesuffix(PAGE) not in kept]
        for path in [*files[:-KEPT], *pages, *folder.glob("*.new")]:
            path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("cannot tidy up after runs", folder=str(folder), error=str(error))
