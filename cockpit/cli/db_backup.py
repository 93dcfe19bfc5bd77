"""`cockpit db backup`: the tape and the ledger copied as they are, while they are written."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.db_care import Working
from cockpit.cli.parser import Commands
from cockpit.cli.stopping import stopping
from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.cli.call import Call


def add(commands: Commands) -> None:
    """backup."""
    parser = commands.add("backup", backup, "copy the tape and the ledger as they are now, while they are written")
    parser.add_argument(
        "to", metavar="FOLDER", nargs="?", help="where to (else backups in the home); a folder of today's time is made there"
    )


def backup(call: Call) -> int:
    """Copy both files."""
    from core.store.backup import backup as copy
    from core.store.failures import BACKUPS, is_file
    from core.store.migrations import LEDGER, TAPE

    both = {"ledger.db": LEDGER, "tape.db": TAPE}
    present = [(name, schema) for name, schema in both.items() if is_file(call.home / name)]
    if not present:
        raise CockpitError(f"no tape and no ledger in {call.home}: nothing to copy")
    folder = _new_folder(Path(call.options.to or call.home / BACKUPS).expanduser())
    files: list[dict[str, Any]] = []
    with stopping(call, "nothing was copied, and the home is as it was"), Working() as progress:
        try:
            for name, schema in present:
                size = copy(call.home / name, folder / name, schema, _copied(progress, name))
                files.append({"file": str(folder / name), "bytes": size})
        finally:
            if len(files) < len(present):
                shutil.rmtree(folder, ignore_errors=True)  # ours, and no whole copy
    for name in both.keys() - dict(present).keys():
        call.say(f"no {name} in {call.home}: the copy has none either")
    return call.answer({"folder": str(folder), "files": files}, _backup_words(folder, files))


def _new_folder(parent: Path) -> Path:
    """A folder of this second, which is nobody else's."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in itertools.count(1):
        folder = parent / (now if number == 1 else f"{now}-{number}")
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise CockpitError(f"cannot make {folder}: {error.strerror}") from error
        return folder
    raise AssertionError


def _copied(progress: Working, name: str) -> Callable[[int, int], None]:
    return lambda done, all_: progress.tell(f"{name}: {done / 1e6:,.0f} of {all_ / 1e6:,.0f} MB copied")


def _backup_words(folder: Path, files: list[dict[str, Any]]) -> Iterator[str]:
    from cockpit import figures

    for file in files:
        yield f"{file['file']}  {figures.size(file['bytes'])}"
    yield f"to go back: stop the engine, move tape.db and ledger.db out of the home, put the files of {folder} in their place"
