"""The command line: `main` turns words into one command's run, and whatever goes wrong into one line and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the engine is not running, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence

from core.errors import CockpitError

#: Commands whose output under --json is a line an object; an error has no place among them. `alerts send` gives one document.
LINES = frozenset({"fills", "orders", "signals", "alerts", "logs", "--record"})


#: What stdout fails with that takes no more: a full disk, a quota, a device that broke.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter gets a question mark
    try:
        code = _run(words)
        sys.stdout.flush()
    except CockpitError as error:
        return _complain(str(error), error.exit_code, words)
    except KeyboardInterrupt as ended:
        from cockpit.cli.stopping import Terminated

        return 143 if isinstance(ended, Terminated) else 130
    except BrokenPipeError:
        _hush()  # the reader has gone
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            return _complain(_unexpected(error, words), 1, words)
        _hush()
        sys.stderr.write(f"cockpit: what was to be printed could not be: {error.strerror}\n")
        return 1
    except Exception as error:  # the command's outer edge: whatever is left over is a line and a report
        if os.environ.get("COCKPIT_DEBUG"):
            raise
        return _complain(_unexpected(error, words), 1, words)
    return code


def _hush() -> None:
    """What Python still wants to flush at exit goes nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    from cockpit.cli.parser import parse

    call = parse(words)
    return call.run()


def _complain(message: str, code: int, words: Sequence[str]) -> int:
    """One clean line on stderr; under --json also the one document that stdout owes its reader."""
    if not message.isprintable():
        from cockpit.text import clean

        message = clean(message)
    if "--json" in words and (not LINES.intersection(words) or "send" in words):
        import json

        sys.stdout.write(json.dumps({"error": message, "exit_code": code}) + "\n")
        sys.stdout.flush()
    sys.stderr.write(f"cockpit: {message}\n")
    return code


def _unexpected(error: Exception, words: Sequence[str]) -> str:
    """What a person needs of an error nobody foresaw; the traceback goes to a file."""
    import tempfile

    frame = traceback.extract_tb(error.__traceback__)[-1]
    fd, path = tempfile.mkstemp(prefix="cockpit-", suffix=".txt")
    with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"cockpit {' '.join(words)}\n\n")
        traceback.print_exception(error, file=file)
    said = str(error).splitlines()[0] if str(error) else ""
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    return f"unexpected {type(error).__name__}{': ' if said else ''}{said} ({place}); the details are in {path}"
