"""How long the list of files in a zip is, told from its end: opening one holds all of that list in memory, several times over.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

#: Bytes of a list that are read: some hundred thousand names.
MOST_LISTING = 8 << 20

_END, _END_SIZE = b"PK\5\6", 22
_LOCATOR = struct.Struct("<4sIQI")
_LARGE_END = b"PK\6\6"
_MOST_COMMENT = 1 << 16
_ELSEWHERE = 0xFFFFFFFF


def listing_size(path: Path) -> int:
    """Bytes of the list; 0 where there is none to be found, which opening it will say.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail = min(size, _MOST_COMMENT + _END_SIZE + _LOCATOR.size)
        file.seek(size - tail)
        data = file.read(tail)
        at = data.rfind(_END)
        if at < 0 or len(data) < at + _END_SIZE:
            return 0
        listed = int(struct.unpack_from("<I", data, at + 12)[0])
        if listed != _ELSEWHERE or at < _LOCATOR.size:
            return listed
        mark, _, place, _ = _LOCATOR.unpack_from(data, at - _LOCATOR.size)
        if mark != b"PK\6\7" or place > size:
            return listed
        file.seek(place)
        end = file.read(48)
        return int(struct.unpack_from("<Q", end, 40)[0]) if end[:4] == _LARGE_END and len(end) == 48 else listed
