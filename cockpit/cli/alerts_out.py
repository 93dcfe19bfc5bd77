"""`cockpit alerts send`: a message of one's own through one channel, at once, to see whether it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands
from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call


def add(commands: Commands) -> None:
    """alerts send."""
    summary = "send a test message through a channel, as cockpit.toml has it now; exit 1 where it did not arrive"
    made = commands.add("send", send, summary)
    made.add_argument("text", metavar="TEXT")
    made.add_argument("--channel", metavar="NAME", required=True, help="a webhook by its name, or apprise")
    made.add_argument(
        "--level", metavar="S", default="info", choices=("info", "warning", "critical"), help="info, warning or critical (info)"
    )


def send(call: Call) -> int:
    """Deliver one message; no engine is needed, and none knows of it."""
    import asyncio
    import os
    import socket
    import time
    import uuid

    from core.channels.channel import open_channel
    from core.channels.message import LONGEST, Message
    from core.errors import one_line

    options = call.options
    text = one_line(options.text, LONGEST)
    if not text:
        raise UsageError("say what to send: cockpit alerts send --channel NAME TEXT")
    channel = open_channel(options.channel, call.configuration().config.alerts, call.home, os.environ)
    message = Message(
        id=f"test-{uuid.uuid4().hex}", rule="", level=options.level, text=text, state="raised", ts_ns=time.time_ns(), home=str(call.home),
        host=one_line(socket.gethostname(), 200), count=1,
    )  # fmt: skip
    outcome = asyncio.run(channel.way.deliver(message, message.body()))
    if not outcome.ok:
        raise CockpitError(f"{channel.name} ({channel.where}): {outcome.why}")
    return call.answer({"channel": channel.name, "id": message.id, "delivered": True}, [f"delivered to {channel.name} ({channel.where})"])
