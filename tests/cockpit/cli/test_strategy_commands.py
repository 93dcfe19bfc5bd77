"""The catalogue, and the doors to a running engine's strategies."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cli_doubles import FakeEngine, Run

from core.commands import Flatten, Pause, Reduce, Register, Resume, SetStops, Stop, Terms, Unregister
from core.errors import StrategyError

MINE = '''"""Bets on nothing."""
from msgspec import Struct
print("noise")
class Params(Struct, frozen=True, kw_only=True):
    depth: int = 3
class Strategy:
    def __init__(self, params): ...
    def on_tick(self, tick): return None
'''


def test_the_catalogue_lists_each_strategy_with_its_sentence_and_parameters(run: Run) -> None:
    rows = {row["name"]: row for row in run("strategies", "--json").document}
    assert {"sma_crossover", "momentum", "mean_reversion", "rsi", "bollinger", "macd", "pairs"} <= set(rows)
    assert {"liquidity", "smart_money", "volume", "microstructure"} <= set(rows)
    fast = rows["sma_crossover"]["params"][0]
    assert {"name": "fast", "type": "int", "default": 5, "ge": 1}.items() <= fast.items()
    assert all(row["sentence"].endswith(".") for row in rows.values())


def test_a_strategy_of_ones_own_is_listed_and_what_it_prints_is_not_the_answer(run: Run, home: Path) -> None:
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "mine.py").write_text(MINE)
    outcome = run("strategies", "--json")
    assert {"name": "mine", "sentence": "Bets on nothing."}.items() <= next(r for r in outcome.document if r["name"] == "mine").items()
    assert "noise" in outcome.err


def test_a_broken_file_is_named_with_its_line_and_stops_nothing_else(run: Run, home: Path) -> None:
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "broken.py").write_text('"""Bets."""\n\ndef (:\n')
    outcome = run("strategies", "--json")
    assert outcome.code == 0
    assert len(outcome.document) >= 6
    assert "broken.py:3: SyntaxError" in outcome.err


def test_a_registration_carries_what_was_typed_and_answers_the_id(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "rsi-1"}
    words = "register rsi --symbols BTCUSDT,ETHUSDT --param period=7 low=20 --param high=80 --qty 0.5 --side long_short"
    outcome = run(*words.split(), "--latency-ms", "5", "--id", "mine", "--json")
    assert outcome.document == {"id": "rsi-1"}
    assert engine.commands == [
        Register(
            name="rsi",
            symbols=["BTCUSDT", "ETHUSDT"],
            params={"period": "7", "low": "20", "high": "80"},
            terms=Terms(qty=0.5, side="long_short", latency_ms=5.0),
            id="mine",
        )
    ]


def test_a_flag_for_every_term(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "x"}
    typed = {
        "lot": 0.1, "tick_size": 0.01, "min_notional": 5.0, "spread": "quote", "spread_bps": 2.0, "impact_bps": 10.0, "impact_volume": 7.5,
        "entry": "limit", "limit_offset_bps": 3.0, "limit_fill": "touch", "limit_ttl_ms": 1500.0,
        "limit_then": "market", "maker_fee_bps": 1.0, "funding_bps": -1.0, "funding_hours": 4, "size": "quote",
    }  # fmt: skip
    words = [word for name, value in typed.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert run("register", "rsi", "--symbols", "A", *words).code == 0
    assert engine.commands == [Register(name="rsi", symbols=["A"], terms=Terms(**typed))]


def test_a_flag_for_stop_orders_exits_that_rest_and_sizes_by_volatility(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "x"}
    words = "--entry stop --trigger-offset-bps 3 --trigger-ttl-ms 500 --trigger-then market --size vol_pct --qty 20 --exits resting"
    more = "--take-profit-pct 3 --limit-fill touch --vol-half-life-hours 6 --max-leverage 3"
    assert run("register", "rsi", "--symbols", "A", *words.split(), *more.split()).code == 0
    exits = {"exits": "resting", "take_profit_pct": 3.0, "limit_fill": "touch"}
    waits = {"entry": "stop", "trigger_offset_bps": 3.0, "trigger_ttl_ms": 500.0, "trigger_then": "market"}
    sized = {"size": "vol_pct", "qty": 20.0, "vol_half_life_hours": 6.0, "max_leverage": 3.0}
    assert engine.commands == [Register(name="rsi", symbols=["A"], terms=msgspec.convert(waits | sized | exits, Terms))]


def test_a_flag_for_each_protection(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "x"}
    typed: dict[str, object] = {
        "max_drawdown_pct": 10.0, "daily_loss_pct": 3.0, "on_guard": "flatten", "loss_streak": 4, "low_profit_pct": -2.0,
        "low_profit_trades": 20, "lock_hours": 6.0, "cooldown_s": 60.0, "stop_cooldown_s": 900.0, "min_confidence": 0.4, "max_age_s": 5.0,
        "time_stop_s": 3600.0, "break_even_pct": 1.0,
    }  # fmt: skip
    words = [word for name, value in typed.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert run("register", "rsi", "--symbols", "A", *words).code == 0
    assert engine.commands == [Register(name="rsi", symbols=["A"], terms=msgspec.convert(typed, Terms))]


def test_a_flag_for_queues_and_margin(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "x", "note": "the venue's lot 0.1"}
    words = "--entry limit --limit-fill queue --queue-ahead 2.5 --queue-model quotes"
    more = "--leverage 20 --maintenance-pct 0.4 --liquidation-fee-bps 50"
    outcome = run("register", "rsi", "--symbols", "A", *words.split(), *more.split())
    assert (outcome.code, outcome.out) == (0, "registered x\n    the venue's lot 0.1\n")
    queue = {"entry": "limit", "limit_fill": "queue", "queue_ahead": 2.5, "queue_model": "quotes"}
    margin = {"leverage": 20.0, "maintenance_pct": 0.4, "liquidation_fee_bps": 50.0}
    assert engine.commands == [Register(name="rsi", symbols=["A"], terms=msgspec.convert(queue | margin, Terms))]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--leverage 200", "--leverage 200: must be a number from 1 to 125"),
        ("--maintenance-pct 1", "--maintenance-pct does nothing without --leverage L"),
        ("--entry limit --queue-ahead 1", "--queue-ahead does nothing without (--entry limit or --exits resting) and --limit-fill queue"),
        ("--limit-ttl-ms 500", "--limit-ttl-ms does nothing without --entry limit"),
        ("--entry market --maker-fee-bps 1", "--maker-fee-bps does nothing without --entry limit or --exits resting"),
        ("--entry stop --limit-offset-bps 2", "--limit-offset-bps does nothing without --entry limit"),
        ("--entry limit --trigger-then cancel", "--trigger-then does nothing without --entry stop and --trigger-ttl-ms MS"),
        ("--entry limit --limit-then cancel", "--limit-then does nothing without --entry limit and --limit-ttl-ms MS"),
        (
            "--exits resting",
            "--exits does nothing without --stop-loss-pct P or --take-profit-pct P or --trailing-pct P or --break-even-pct P",
        ),
        ("--on-guard flatten", "--on-guard does nothing without --max-drawdown-pct P or --daily-loss-pct P"),
        ("--lock-hours 3", "--lock-hours does nothing without --loss-streak N or --low-profit-pct P"),
        ("--low-profit-pct -1 --low-profit-trades 65", "--low-profit-trades 65: must be a whole number from 1 to 64"),
        ("--min-confidence 1.5", "--min-confidence 1.5: must be a number above 0 and at most 1"),
        ("--size equity_pct --max-leverage 3", "--max-leverage does nothing without --size vol_pct"),
        ("--size vol_pct --vol-half-life-hours 0", "--vol-half-life-hours 0: must be a number above 0 and at most 87,600"),
        ("--entry later", "--entry later: must be limit, market or stop"),
        ("--impact-volume 5", "--impact-volume does nothing without --impact-bps B"),
        ("--funding-hours 4", "--funding-hours does nothing without --funding-bps B"),
        ("--lot 0", "--lot 0: must be a number above 0"),
        ("--size big", "--size big: must be equity_pct, quote, units or vol_pct"),
    ],
)
def test_a_flag_that_would_do_nothing_is_refused(run: Run, engine: FakeEngine, words: str, line: str) -> None:
    outcome = run("register", "rsi", "--symbols", "A", *words.split())
    assert (outcome.code, outcome.err) == (2, f"cockpit: {line}\n")
    assert not engine.commands


def test_terms_that_are_not_typed_are_the_configured_ones(run: Run, engine: FakeEngine, home: Path) -> None:
    engine.reply = lambda command: {"id": "x"}
    (home / "cockpit.toml").write_text("[paper]\ncapital = 500\nfee_bps = 10\n")
    run("register", "rsi", "--symbols", "A", "--fee-bps", "1")
    assert engine.commands == [Register(name="rsi", symbols=["A"], terms=Terms(capital=500.0, fee_bps=1.0))]


def test_a_refusal_is_one_line_with_the_engines_exit_code(run: Run, engine: FakeEngine) -> None:
    def refuse(command: object) -> None:
        raise StrategyError("no strategy 'rsy'; there are: rsi")

    engine.reply = refuse
    outcome = run("register", "rsy", "--symbols", "A")
    assert (outcome.code, outcome.out, outcome.err) == (2, "", "cockpit: no strategy 'rsy'; there are: rsi\n")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("unregister a", Unregister(id="a")),
        ("unregister a --keep", Unregister(id="a", keep=True)),
        ("pause a", Pause(id="a")),
        ("pause --all", Pause(id=None)),
        ("resume a", Resume(id="a")),
        ("flatten a", Flatten(id="a")),
        ("flatten --all", Flatten(id=None)),
        ("reduce a", Reduce(id="a", pct=50.0)),
        ("reduce --all --pct 12.5", Reduce(id=None, pct=12.5)),
    ],
)
def test_each_lever_reaches_the_engine(run: Run, engine: FakeEngine, words: str, command: object) -> None:
    assert run(*words.split(), "--json").code == 0
    assert engine.commands == [command]


def test_stops_that_are_not_named_stay_and_without_any_they_are_told(run: Run, engine: FakeEngine) -> None:
    engine.answers["status"] = {"strategies": [{"id": "a", "stops": [2.0, None, 1.0]}]}
    assert run("stops", "a").out == "stop loss 2 %, trailing 1 %\n"
    assert engine.commands == []
    document = run("stops", "a", "--take-profit-pct", "5", "--trailing-pct", "off", "--json").document
    assert document == {"id": "a", "stop_loss_pct": 2.0, "take_profit_pct": 5.0, "trailing_pct": None}
    assert engine.commands == [SetStops(id="a", stop_loss_pct=2.0, take_profit_pct=5.0)]
    outcome = run("stops", "b")
    assert (outcome.code, outcome.err) == (2, "cockpit: there is no strategy b\n")


def test_stop_waits_until_the_engine_is_gone(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: engine.on_stop()
    outcome = run("stop", "--flatten", "--json")
    assert (outcome.code, outcome.document["state"]) == (0, "stopped")
    assert engine.commands == [Stop(flatten=True)]


def test_starting_what_runs_already_is_no_error(run: Run, engine: FakeEngine) -> None:
    import os

    document = run("start", "--json").document
    assert document["already"] is True
    assert document["pid"] == os.getpid()
