"""Where the modules written out of TOML files lie: in the user's cache, named by what is in them, since code is compiled from files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.compile.machine_code import cache_folder
from core.strategy import source_hash


def kept(text: str, kind: str) -> Path:
    """The file that holds this text, written whole where it is not there yet.

    Args:
        kind: names the folder it lies in.

    Raises:
        OSError: it cannot be written.
    """
    path = cache_folder() / kind / f"{source_hash(text)[:32]}.py"
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
    return path
