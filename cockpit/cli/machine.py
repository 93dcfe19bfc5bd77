"""Commands around the engine: its log, the effective configuration, a check of the machine, the local exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cockpit.cli.logs import add as add_logs
from cockpit.cli.parser import Commands, pace
from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.config import Effective

_FAULTS = """\
kinds of faults: cut, half_open, silence, mute, skip, duplicate, reorder, garbage, poison, rename, reject, slow_rest, refuse, shutdown,
halt, burst. A script is [[fault]] tables; --faults-seed 1 --faults-show prints one to begin with. Each fault played is told as it is
played: on stderr, or as a JSON line on stdout with --json.
"""


def add(commands: Commands) -> None:
    """logs, doctor, config, exchange."""
    add_logs(commands)
    commands.add("doctor", doctor, "check machine, clock, venue, disk and home")

    parser = commands.add("config", config, "the effective configuration, and where each value came from")
    parser.add_argument("--init", action="store_true", help="write a commented cockpit.toml into the home")

    parser = commands.add("exchange", exchange, "run the local exchange alone; prints its ws_url and rest_url as JSON", epilog=_FAULTS)
    parser.add_argument("--recording", nargs="+", default=[], metavar="FILE", help="play recordings")
    parser.add_argument("--scenario", metavar="NAME", help="generate a market: a scenario by name, or a .toml file (default)")
    parser.add_argument("--seed", type=int, metavar="N", help="draw another market of the same scenario")
    parser.add_argument("--port", type=int, metavar="N", help="0: any free one (0)")
    parser.add_argument("--speed", type=pace, metavar="X", help="times real time, or max (1)")
    parser.add_argument("--faults", metavar="FILE", help="misbehave as a script says, from the first subscription on")
    parser.add_argument("--faults-seed", type=int, metavar="N", help="misbehave as a seed says: the same seed, the same faults")
    parser.add_argument("--faults-every", metavar="TIME", help="with a seed: how far apart on average (20s)")
    parser.add_argument("--faults-for", metavar="TIME", help="with a seed: when the last one is over (10m)")
    parser.add_argument("--faults-kinds", metavar="A,B", help="with a seed: only these")
    parser.add_argument("--faults-show", action="store_true", help="print the script as --faults takes it, and stop")


def doctor(call: Call) -> int:
    """Look at everything the engine depends on; exit 1 where something is broken."""
    from cockpit.cli.doctor import examine

    findings = list(examine(call))
    counts = {verdict: sum(f.verdict == verdict for f in findings) for verdict in ("ok", "warn", "fail")}
    worst = "fail" if counts["fail"] else "warn" if counts["warn"] else "ok"
    document = {"verdict": worst, "findings": [{"check": f.check, "verdict": f.verdict, "text": f.text} for f in findings]}
    lines = [f"{f.verdict:<4}  {f.check:<11}  {f.text}" for f in findings]
    lines.append(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} broken")
    call.answer(document, lines)
    return 1 if worst == "fail" else 0


def config(call: Call) -> int:
    """Show what is in force, or write a first file. A mistake in it is one line, and exit 2."""
    if call.options.init:
        return _init(call)
    from cockpit.cli.call import table

    path = call.home / "cockpit.toml"
    effective = call.configuration()
    check_keys(effective)
    rows = list(effective.rows())
    document = {
        "home": str(call.home),
        "file": str(path) if path.exists() else None,
        "values": {key: {"value": value, "origin": origin} for key, value, origin in rows},
    }
    shown = [(key, "(unset)" if value is None else _text(value), origin) for key, value, origin in rows]
    head = f"home {call.home}, {'with' if path.exists() else 'without'} a cockpit.toml"
    return call.answer(document, [head, *table(("key", "value", "from"), shown)])


def check_keys(effective: Effective) -> None:
    """Have `[ui.keys]` looked at, as the screen does when it opens.

    Raises:
        ConfigError: it names no action, no key, or one key for two.
    """
    if effective.config.ui.keys:
        from cockpit.settings import settings_of

        settings_of(effective)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {text}" for name, text in value.items()) or "(none)"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _init(call: Call) -> int:
    from core.config_template import template
    from core.home import make_home

    path = make_home(call.home) / "cockpit.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise CockpitError(f"{path} is there already: not overwriting it") from None
    except OSError as error:
        raise CockpitError(f"cannot write {path}: {error.strerror}") from error
    return call.answer({"file": str(path)}, [f"wrote {path}"])


def exchange(call: Call) -> int:
    """Run the local exchange until a signal."""
    from core.exchange.cli import main

    options = call.options
    words: list[str] = ["--recording", *options.recording] if options.recording else []
    names = ("scenario", "seed", "port", "speed", "faults", "faults_seed", "faults_every", "faults_for", "faults_kinds")
    for name in names:
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}={value}"]
    words += ["--faults-show"] if options.faults_show else []
    words += ["--json"] if call.json else []
    return int(main(words) or 0)
