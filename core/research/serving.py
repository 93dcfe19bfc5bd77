"""What every process of the lab does, whatever it is asked: it reads one request on stdin (msgpack), says words on stdout (JSON lines), of
which the last one is what came of it or why nothing did, and leaves a file that is there whole or not at all."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from core.errors import CockpitError
from core.parent import die_with
from core.research.service import Wrong
from core.research.source_verdict import GapsError

Request = TypeVar("Request", bound=msgspec.Struct)
Word = TypeVar("Word")


def serve(kind: type[Request], answer: Callable[[Request, Callable[[Any], None]], object]) -> None:
    """Serve one request, for the process whose id is the first argument. What a strategy prints goes to stderr.

    Args:
        answer: makes the last word of a request; what it is given besides says a word before.
    """
    die_with(int(sys.argv[1]))
    if os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)  # what it starts ends with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=kind)
    out: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def say(said: Any) -> None:
        out.write(msgspec.json.encode(said) + b"\n")

    say(answer(request, say))
    out.close()


def outcome_or_wrong(make: Callable[[], Word], place: str) -> Word | Wrong:
    """What is made, or one line on why it is not; `place` is the file that is written on the way."""
    try:
        return make()
    except CockpitError as error:
        return Wrong(str(error), isinstance(error, GapsError))
    except MemoryError:
        return Wrong("out of memory: choose a shorter span")
    except OSError as error:
        return Wrong(f"cannot write {place}: {error.strerror}")


def leave(path: Path, data: bytes) -> None:
    """Write what a run leaves, whole or not at all; its folder is made.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_bytes(data)
    draft.replace(path)


def write_detail(path: Path, detail: msgspec.Struct) -> None:
    """The same of what a screen asks for and is not small."""
    leave(path, msgspec.msgpack.encode(detail))
