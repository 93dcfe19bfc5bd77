"""A message is posted signed; whatever the other end does, that takes a bounded time and comes back in words without a secret."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from core.channels import address
from core.channels.address import Names, is_internal
from core.channels.message import Message
from core.channels.outcome import Outcome
from core.channels.webhook import Webhook
from tests.channels.hook import SECRET, Hook


def message(text: str = "BTCUSDT crossed above 61,650") -> Message:
    return Message(
        id="price-1:3", rule="price-1", level="warning", text=text, state="raised", ts_ns=5, home="/home/me", host="box", count=1
    )


async def post(url: str, *, allow_internal: bool = True, timeout_s: float = 5.0, text: str = "up") -> Outcome:
    told = message(text)
    return await Webhook(url, SECRET, allow_internal=allow_internal, timeout_s=timeout_s).deliver(told, told.body())


async def test_what_is_posted_is_the_message_as_json_with_its_key_and_a_signature_of_it_and_the_time() -> None:
    async with Hook().listening() as hook:
        assert (await post(hook.url, text="€ crossed")).ok
    (posted,) = hook.posts
    assert posted.is_signed
    assert not posted._replace(body=posted.body + " ").is_signed
    assert not posted._replace(headers=posted.headers | {"x-cockpit-timestamp": "1"}).is_signed
    assert posted.key == "price-1:3:raised:5"
    assert posted.message == {
        "id": "price-1:3", "rule": "price-1", "level": "warning", "text": "€ crossed", "state": "raised", "ts_ns": 5, "home": "/home/me",
        "host": "box", "count": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("does", "why", "again"),
    [
        (500, "it answers HTTP 500", True),
        (503, "it answers HTTP 503", True),
        (429, "it answers HTTP 429", True),
        (404, "it answers HTTP 404", False),
        (302, "it redirects (HTTP 302), which is not followed: write the address it leads to", False),
        (308, "it redirects (HTTP 308), which is not followed: write the address it leads to", False),
        ("cut", "the connection was cut", True),
        ("garbage", "its answer is no HTTP", True),
        ("huge headers", "its answer is no HTTP", True),
    ],
)
async def test_what_is_no_yes_is_said_in_words_and_tried_again_where_that_may_help(does: int | str, why: str, again: bool) -> None:
    async with Hook(lambda _post, _nth: does).listening() as hook:
        outcome = await post(hook.url)
    assert (outcome.ok, outcome.why, outcome.again) == (False, why, again)
    assert len(hook.posts) == 1


async def test_a_receiver_that_hangs_costs_a_bounded_time() -> None:
    async with Hook(lambda _post, _nth: "hang").listening() as hook:
        assert await post(hook.url, timeout_s=0.3) == Outcome(False, "no answer in time")


async def test_of_an_answer_without_end_only_the_status_is_read() -> None:
    async with Hook(lambda _post, _nth: "huge").listening() as hook:
        assert (await post(hook.url)).ok


async def test_a_receiver_may_ask_to_be_left_alone() -> None:
    async with Hook(lambda _post, _nth: 429).listening() as hook:
        assert (await post(hook.url)).after_s == 7.0


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert await post(f"http://127.0.0.1:{free.getsockname()[1]}/") == Outcome(False, "connection refused")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_refused_however_it_is_written_unless_that_is_allowed(host: str) -> None:
    async with Hook().listening() as hook:
        outcome = await post(hook.url.replace("127.0.0.1", host), allow_internal=False)
        internal = "it leads to an internal address, which is refused unless allow_internal = true"
        old = "its address is none"  # ways to write one that browsers took once
        assert outcome == Outcome(False, old if host in ("2130706433", "127.1") else internal, again=False)
        assert not hook.posts
        assert (await post(hook.url)).ok


@pytest.mark.parametrize("fast", [False, True], ids=["asyncio", "uvloop"])
def test_an_address_that_is_not_internal_is_connected_to(monkeypatch: pytest.MonkeyPatch, fast: bool) -> None:
    looked: list[str] = []
    monkeypatch.setattr(address, "is_internal", lambda text: looked.append(text) or False)

    async def go() -> Outcome:
        async with Hook().listening() as hook:
            return await post(hook.url.replace("127.0.0.1", "localhost"), allow_internal=False)

    assert (pytest.importorskip("uvloop").run(go()) if fast else asyncio.run(go())).ok
    assert "127.0.0.1" in looked


async def test_a_name_that_leads_elsewhere_the_second_time_is_looked_at_where_it_leads_then() -> None:
    async with Hook().listening() as hook:
        port = int(hook.url.rpartition(":")[2].partition("/")[0])
        answers = iter(["93.184.216.34", "127.0.0.1"])

        def lookup(_host: str, _port: int, **_more: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        webhook = Webhook(f"https://hooks.example.org:{port}/", SECRET)
        webhook._names = Names(lookup)
        assert not is_internal(next(answers))  # what whoever looked before us was told
        outcome = await webhook.deliver(message(), message().body())
        assert "internal address" in outcome.why
        assert not hook.posts


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0", "224.0.0.1", "168.63.129.16",
     "192.0.0.192", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"],
)  # fmt: skip
def test_these_are_internal(text: str) -> None:
    assert is_internal(text)


@pytest.mark.parametrize("text", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_these_are_not(text: str) -> None:
    assert not is_internal(text)


async def test_a_name_server_that_hangs_is_asked_one_question_at_a_time() -> None:
    go = threading.Event()
    asked: list[str] = []

    def lookup(host: str, _port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        go.wait(30)
        raise socket.gaierror("late")

    webhook = Webhook("https://hooks.example.org/", SECRET, timeout_s=0.2)
    webhook._names = Names(lookup)
    assert (await webhook.deliver(message(), message().body())).why == "no answer in time"
    assert (await webhook.deliver(message(), message().body())).why == "the name server does not answer"
    assert len(asked) == 1
    go.set()
    assert webhook._names._asking is not None
    webhook._names._asking.join(10)


async def test_a_name_that_nobody_knows_is_said_so() -> None:
    assert (await post("https://no-such-name.invalid/")).why == "its name is not known"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody vouches for, and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    words = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1 -keyout {path} -out {path}.crt"
    )
    try:
        subprocess.run(words.split(), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl to make a certificate with")
    with path.open("a") as file:
        file.write(Path(f"{path}.crt").read_text())
    return path


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    async with Hook().listening(tls) as hook:
        outcome = await post(hook.url)
    assert outcome == Outcome(False, "its certificate is not valid: self-signed certificate")
    assert not hook.posts


async def test_no_tls_where_it_is_wanted_is_said_so() -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        outcome = await post(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert outcome == Outcome(False, "no TLS there")


async def test_no_word_of_a_failure_holds_the_secret_or_the_path() -> None:
    for does in (500, 302, 404, "cut", "garbage"):
        async with Hook(lambda _post, _nth, does=does: does).listening() as hook:  # type: ignore[misc]
            why = (await post(hook.url)).why
        assert SECRET not in why
        assert "t0k3n" not in why
