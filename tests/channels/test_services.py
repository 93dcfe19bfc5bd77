"""Services are told by a child process with apprise in it: one that hangs or crashes is ended, and only what failed is told again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from core.channels.message import Message
from core.channels.outcome import Outcome
from core.channels.services import Services

#: A stand-in for apprise, of the same two calls; an address says what becomes of it.
APPRISE = """
import json, os, sys, time

class Apprise:
    def add(self, url):
        self.url = url
        return not url.startswith("none://")

    def notify(self, body, title, notify_type):
        print("apprise says", self.url)
        print("and warns", self.url, file=sys.stderr)
        if self.url.startswith("hang://"):
            time.sleep(3600)
        if self.url.startswith("crash://"):
            os._exit(7)
        with open(os.environ["TOLD"], "a") as file:
            file.write(json.dumps([self.url, title, body, notify_type]) + "\\n")
        return not self.url.startswith("down://") or os.path.exists(os.environ["TOLD"] + ".up")
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in writes what it was asked to tell."""
    (tmp_path / "apprise.py").write_text(APPRISE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])]))
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    return tmp_path / "told"


def lines(path: Path) -> list[list[str]]:
    """What it was asked to tell, in order."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def message(state: str = "raised") -> Message:
    return Message(id="a", rule="", level="critical", text="the disk is full", state=state, ts_ns=5, home="/h", host="box", count=1)


async def deliver(services: Services, state: str = "raised") -> Outcome:
    return await services.deliver(message(state), message(state).body())


async def test_every_service_is_told_in_words(told: Path) -> None:
    assert (await deliver(Services(["one://x", "two://y"]))).ok
    assert (await deliver(Services(["one://x"]), "resolved")).ok
    assert lines(told) == [
        ["one://x", "cockpit on box: critical", "the disk is full", "failure"],
        ["two://y", "cockpit on box: critical", "the disk is full", "failure"],
        ["one://x", "cockpit on box: over", "the disk is full", "success"],
    ]


async def test_only_services_that_failed_are_told_again(told: Path) -> None:
    services = Services(["one://x", "down://s3kr1t", "two://y"])
    assert await deliver(services) == Outcome(False, "the service of address 2 did not take it")
    told.with_name("told.up").touch()
    assert (await deliver(services)).ok
    urls = [line[0] for line in lines(told)]
    assert urls == ["one://x", "down://s3kr1t", "two://y", "down://s3kr1t"]


async def test_an_address_that_is_none_is_named_by_its_place(told: Path) -> None:
    assert await deliver(Services(["none://s3kr1t"])) == Outcome(False, "address 1 is none that apprise knows", again=False)


async def test_a_child_that_crashes_or_hangs_costs_the_message_its_time(told: Path) -> None:
    assert (await deliver(Services(["crash://s3kr1t"]))).why == "apprise ended with 7 and said nothing"
    assert (await deliver(Services(["hang://s3kr1t"], timeout_s=1.5))).why == "apprise took over 2 s and was ended"
