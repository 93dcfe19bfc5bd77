"""A question is put over one connection that is kept; whatever the other end does costs a bounded time and comes back in words."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from core.channels.question import Questions, Reply, open_questions
from core.config_heard import SourceConfig
from core.errors import ConfigError
from tests.channels.model import BUY, Answers, Model

SECRET = "hunter2-hunter2"


async def ask(answers: Answers, times: int = 1, timeout_s: float = 5.0) -> tuple[list[Reply], Model]:
    """So many questions, one after the other."""
    async with Model(answers).listening() as model:
        questions = Questions(model.url, {"Authorization": SECRET}, timeout_s)
        replies = [await questions.ask(b'{"symbol": "x"}') for _ in range(times)]
        await questions.close()
    return replies, model


async def test_questions_go_over_one_connection_with_the_secret_in_its_header() -> None:
    replies, model = await ask(lambda _question, nth: f"answer {nth}", times=5)
    assert [reply.body for reply in replies] == [f"answer {nth}".encode() for nth in range(5)]
    assert (model.connections, model.most_at_once) == (1, 1)
    assert {asked.headers["authorization"] for asked in model.asked} == {SECRET}
    assert model.asked[0].question == {"symbol": "x"}


async def test_a_connection_that_was_closed_meanwhile_is_made_again_without_an_error() -> None:
    async with Model().listening() as model:
        questions = Questions(model.url, {}, 5.0)
        for _ in range(3):
            assert (await questions.ask(b"{}")).body == BUY.encode()
            model.hang_up()
        await questions.close()
    assert (model.connections, len(model.asked)) == (3, 3)


async def test_a_kept_connection_that_is_cut_by_a_question_is_tried_once_more_and_no_more() -> None:
    replies, model = await ask(lambda _question, nth: BUY if nth == 0 else "cut", times=2)
    assert replies[1] == Reply(None, "the connection was cut")
    assert (len(model.asked), model.connections) == (3, 2)


@pytest.mark.parametrize(
    ("does", "why"),
    [
        (500, "it answers HTTP 500"),
        (404, "it answers HTTP 404"),
        (302, "it answers HTTP 302: it redirects, which is not followed"),
        ("cut", "the connection was cut"),
        ("half", "its answer is no HTTP"),
        ("garbage", "its answer is no HTTP"),
        ("huge", "its answer is longer than 64 KB"),
        ("x" * 65_537, "its answer is longer than 64 KB"),
    ],
)
async def test_what_is_no_answer_is_said_in_words(does: str | int, why: str) -> None:
    replies, model = await ask(lambda _question, _nth: does)
    assert replies == [Reply(None, why)]
    assert len(model.asked) == 1


async def test_an_answer_as_long_as_is_allowed_is_read() -> None:
    replies, _ = await ask(lambda _question, _nth: "x" * 65_536)
    assert replies[0].body == b"x" * 65_536


async def test_one_that_hangs_costs_a_bounded_time_and_one_that_asks_for_silence_is_understood() -> None:
    assert (await ask(lambda _question, _nth: "hang", timeout_s=0.2))[0] == [Reply(None, "no answer in time")]
    assert (await ask(lambda _question, _nth: 429))[0] == [Reply(None, "it answers HTTP 429", 7.0)]


async def test_nothing_is_unpacked() -> None:
    packed = gzip.compress(b"x" * 10_000_000)
    replies, model = await ask(lambda _question, _nth: packed)
    assert replies[0].body == packed
    assert model.asked[0].headers["accept-encoding"] == "identity"


async def test_where_nobody_listens_it_says_so_and_goes_on_when_somebody_does() -> None:
    model = Model()
    await model.open()
    questions = Questions(model.url, {}, 5.0)
    assert (await questions.ask(b"{}")).body
    await model.close()
    assert await questions.ask(b"{}") == Reply(None, "connection refused")
    await model.open()
    assert (await questions.ask(b"{}")).body
    await questions.close()
    await model.close()


def test_secrets_are_read_from_where_they_are_kept_and_never_repeated(tmp_path: Path) -> None:
    terms = SourceConfig(url="env:WHERE", secret="env:KEY", header="X-Key")
    found = open_questions("model", terms, tmp_path, {"WHERE": f"http://127.0.0.1:5/{SECRET}", "KEY": SECRET})
    assert found.where == "http://127.0.0.1:5/…"
    for env, why in (
        ({"WHERE": "http://x/"}, "[sources.model] secret: the environment variable KEY is not set"),
        ({"WHERE": f"ftp://{SECRET}", "KEY": "k"}, "[sources.model] url is no address"),
        ({"WHERE": "http://x/", "KEY": f"{SECRET}\nHost: evil"}, "[sources.model] secret: a header takes one line"),
    ):
        with pytest.raises(ConfigError) as refused:
            open_questions("model", terms, tmp_path, env)
        assert str(refused.value).startswith(why)
        assert SECRET not in str(refused.value)
