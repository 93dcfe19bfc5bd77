"""Commands that ask a running engine how it is, and what happened while nobody watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, seconds
from core.errors import NotRunning, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call

#: Latencies as they are called here, in the order of a tick's way.
_STAGES = {"parsed": "parsed", "sequenced": "sequenced", "target": "strategy", "fill": "fill", "on_disk": "disk", "alert": "alert"}

_WORKERS = ("no", "pid", "state", "cpu %", "rss MB", "queue", "p99 µs", "restarts", "strategies")


def add(commands: Commands) -> None:
    """status, digest."""
    commands.add("status", status, "is it running, and is it well")
    parser = commands.add("digest", digest, "what happened since the last viewer left: fills, P&L, alerts, gaps, restarts")
    parser.add_argument("--since", metavar="TIME", help="since this time (ISO 8601, UTC) or so long ago (90s, 30m, 12h, 2d)")


def status(call: Call) -> int:
    """What the engine says of itself; exit 3 when there is none."""
    from cockpit.cli.running import ANSWER_S
    from core.client import not_running
    from core.errors import NotAnswering
    from core.home import running

    call.patience = ANSWER_S
    try:
        answer: dict[str, Any] = call.ask("status")
    except (NotRunning, NotAnswering):
        pid = running(call.home)
        state = {"state": "stopped"} if pid is None else {"state": "not answering", "pid": pid}
        if call.json:
            call.document(state)
        call.say(
            f"cockpit: {not_running(call.home, call.start)}"
            if pid is None
            else f"cockpit: the engine (pid {pid}) runs but does not answer; see `cockpit logs`"
        )
        return NotRunning.exit_code if pid is None else 1
    return call.answer(answer, lines(answer))


def digest(call: Call) -> int:
    """What happened while nobody watched."""
    from cockpit.digest import digest_lines, digest_title, read_digest

    asked = call.options.since
    answer = call.ask("digest", **({"since_ns": moment(asked)} if asked else {}))
    if call.json:
        call.document(answer)
        return 0
    read = read_digest(answer)
    call.line(digest_title(read))
    for line in digest_lines(read):
        call.line(line)
    return 0


def moment(text: str) -> int:
    """`12h` ago, or an ISO 8601 time (UTC where it names no zone), as int64 ns.

    Raises:
        UsageError: it is neither.
    """
    import argparse
    import time
    from datetime import UTC, datetime

    try:
        return time.time_ns() - int(seconds(text) * 1e9)
    except argparse.ArgumentTypeError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text}: a time such as 2026-11-20T14:00, or how long ago, such as 12h") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * 1_000_000_000


def lines(answer: dict[str, Any]) -> Iterator[str]:
    """One screen: the engine, what is wrong, each part in a line, workers and strategies as tables."""
    from cockpit import figures
    from cockpit.cli.call import table

    replay = answer.get("replay")
    up = figures.uptime((answer["now_ns"] - answer["started_ns"]) / 1e9) if "now_ns" in answer and not replay else ""
    words = [answer.get("mode", ""), f"pid {answer.get('pid', '?')}", f"up {up}" if up else "", answer.get("home", "")]
    health = f", {answer['health']}" if "health" in answer else ""
    yield _line("engine", f"{answer.get('state', '?')}{health} · " + " · ".join(word for word in words if word))
    if replay:
        yield _line("replay", f"{replay['now']} {replay['state']}, speed {replay['speed']} · {replay['begin']} to {replay['end'] or '?'}")
    if broker := answer.get("broker"):
        looked = "" if broker["ready"] else " · the account was not looked at yet"
        yield _line("broker", f"{broker['kind']} · {broker['working']:,} orders under way{looked}")
    for trouble in answer.get("troubles", []):
        yield _line("", f"{'✖' if trouble['level'] == 'critical' else '!'} {trouble['text']}")
    for feed in answer.get("feeds", []):
        yield from _feed(feed)
    yield from _parts(answer)
    equity, capital = answer.get("equity"), answer.get("capital")
    if equity is not None:
        gain = f" ({figures.signed(equity - capital)})" if capital else ""
        yield _line("equity", f"{figures.number(equity)}{gain}")
    workers = answer.get("workers", [])
    if workers:
        rows = [
            (w["number"], w["pid"] or None, w["state"], w["cpu_pct"], w["rss_mb"], w["queue_ticks"] + w["in_flight_ticks"], w["p99_us"],
             w["restarts"], ", ".join(w["strategies"]) + (f" (last end: {w['last_end']})" if w["last_end"] else ""))
            for w in workers
        ]  # fmt: skip
        yield from ("", *table(_WORKERS, rows))
    strategies = answer.get("strategies", [])
    if strategies:
        listed = [(s["id"], s["name"], ",".join(s["symbols"]), s["state"], figures.number(s["equity"]), s["detail"]) for s in strategies]
        yield from ("", *table(("strategy", "name", "symbols", "state", "equity", ""), listed))


def _parts(answer: dict[str, Any]) -> Iterator[str]:
    from cockpit import figures

    if "ticks_total" in answer:
        rate, behind = answer.get("ticks_per_s") or 0.0, answer.get("tape_backlog", 0)
        yield _line("ticks", f"{answer['ticks_total']:,} · {rate:,.1f} a second · {behind:,} not on disk yet")
    store = answer.get("store", {})
    if store:
        gaps = store["gaps"] or {}
        found = ", ".join(f"{ids:,} ids {state}" for state, (_, ids) in gaps.items()) or "none"
        tape = f"tape {store['trouble'] or 'ok'}, {figures.size(store['tape_bytes'])} + log {figures.size(store['tape_wal_bytes'])}"
        ledger = f"ledger {store['ledger_trouble'] or 'ok'}, {figures.size(store['ledger_bytes'])}"
        yield _line("store", f"{tape} · {ledger} · {figures.size(store['disk_free_bytes'])} free")
        yield _line("gaps", found)
    latency = answer.get("latency", {})
    known = [f"{word} {figures.span(latency[name]['p99_us'])}" for name, word in _STAGES.items() if latency.get(name, {}).get("count")]
    if known:
        yield _line("p99 to", " · ".join(known) + " (last minute)")
    memory, loop = answer.get("memory", {}), answer.get("loop", {})
    if memory:
        shedding = f", {memory['shedding']}" if memory["shedding"] else ""
        yield _line("memory", f"{memory['used_mb']:,.0f} of {memory['budget_mb']:,} MB{shedding}")
    if loop:
        yield _line("loop", f"late p99 {figures.span(loop['p99_us'])}, at most {figures.span(loop['max_minute_us'])} in the last minute")
    if (analyst := answer.get("analyst")) and analyst["state"] != "idle":
        p99 = f", p99 {analyst['p99_ms']:,.0f} ms" if analyst["p99_ms"] is not None else ""
        ended = f" · last end: {analyst['last_end']}" if analyst["last_end"] else ""
        yield _line("analyst", f"{analyst['state']}, pid {analyst['pid'] or '-'} · {analyst['questions']:,} answers{p99}{ended}")
    if door := answer.get("door"):
        away = ", ".join(f"{reason} {count:,}" for reason, count in door["refused"].items())
        turned = f" · turned away: {away}" if away else ""
        yield _line("door", f"screens {door['screens']:,} · connections {door['connections']:,}{turned}")
    for channel in answer.get("channels", []):
        counts = f"{channel['sent']:,} sent, {channel['failed']:,} failed, {channel['waiting']:,} wait"
        why = f": {channel['error']}" if channel["error"] else ""
        yield _line("alerts to", f"{channel['name']} {channel['state']} · {counts}{why}")
    for source in answer.get("sources", []):
        yield _source(source, answer.get("now_ns", 0))


def _source(source: dict[str, Any], now_ns: int) -> str:
    """A source of signals in one line."""
    from cockpit import figures

    words = [f"{source['name']} {source['state']}" + (f": {source['error']}" if source["error"] else "")]
    if source["answered_ns"]:
        words.append(f"heard {figures.age(max(0.0, (now_ns - source['answered_ns']) / 1e9))} ago")
    if source["p50_ms"] is not None:
        words.append(f"p50 {source['p50_ms']:,.0f} ms")
    words.append(f"{source['answers']:,} answers, {source['errors']:,} errors")
    if source["failed"] and source["next_ns"] > now_ns:
        words.append(f"again in {(source['next_ns'] - now_ns) / 1e9:,.0f} s")
    return _line("source", " · ".join(words))


def _feed(feed: dict[str, Any]) -> Iterator[str]:
    """A venue in one line, its troubles below."""
    from cockpit import figures

    again = f", again in {feed['retry_in_s']:.0f} s" if feed["retry_in_s"] else ""
    words = [feed["state"] + (f": {feed['detail']}" if feed["detail"] else "") + again]
    if feed["latency_ms"] is not None:
        words.append(f"{feed['latency_ms']:.0f} ms")
    if feed["skew_ms"] is not None:
        words.append(f"clock {figures.signed(feed['skew_ms'], 0)} ms")
    words += [f"our clock was set {feed['clock_steps']} times"] * bool(feed["clock_steps"])
    words += [f"{name} breaker {state}" for name, state in feed["breaker"].items() if state != "closed"]
    words += [f"silent for {feed['held_s']:.0f} s as asked"] * bool(feed["held_s"]) + [feed["trouble"]] * bool(feed["trouble"])
    yield _line(feed["venue"], " · ".join(words))
    shown = ("late", "duplicates", "quarantined", "malformed", "backfilled", "reconnects", "gaps_open")
    yield _line("", " · ".join(f"{feed['counters'].get(name, 0):,} {name.replace('_', ' ')}" for name in shown))
    for name, why in feed["degraded"].items():
        yield _line("", f"! {name}: {why}")
    if feed["reasons"]:
        yield _line("", "refused: " + ", ".join(f"{reason} {count:,}" for reason, count in feed["reasons"].items()))
    if feed.get("flags"):
        yield _line("", "odd: " + ", ".join(f"{reason} {count:,}" for reason, count in feed["flags"].items()))
    if feed.get("frozen"):
        yield _line("", "! stand still: " + ", ".join(feed["frozen"]))


def _line(label: str, text: str) -> str:
    return f"{label:<10}{text}".rstrip()
