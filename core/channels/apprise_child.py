"""The process that loads apprise and tells its services one message: `python -m core.channels.apprise_child SECONDS`, asked through stdin.

It ends by itself after so many seconds, also where whoever asked is gone. What apprise and its plugins print goes nowhere: it may hold
addresses.
"""

from __future__ import annotations

import os
import signal
import sys

import msgspec

from core.channels.services import Answer, Letter

NICE = 10


def main() -> int:
    """Do what stdin asks; the answer goes to where stdout was."""
    signal.alarm(int(sys.argv[1]))
    os.nice(NICE)
    letter = msgspec.json.decode(sys.stdin.buffer.read(), type=Letter)
    out = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.write(out, msgspec.json.encode(tell(letter)))
    return 0


def tell(letter: Letter) -> Answer:
    """Tell each service by itself, so that one that fails does not have the others told twice."""
    import apprise

    answer = Answer()
    for place, url in enumerate(letter.urls):
        service = apprise.Apprise()
        if not service.add(url):
            answer.unknown.append(place)
        elif not service.notify(body=letter.body, title=letter.title, notify_type=letter.kind):
            answer.failed.append(place)
    return answer


if __name__ == "__main__":
    sys.exit(main())
