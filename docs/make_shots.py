"""Pictures of the screens for the docs: a demo of its own, the real screen without a terminal, saved as SVG.

    python docs/make_shots.py [--seconds 90] [NAME …]

Writes docs/img/NAME.svg, of all screens or of those that are named. What is seen is the generated market; no picture holds anything
of the machine that made it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.settings import Settings

FOLDER = Path(__file__).parent / "img"
SIZE = (160, 48)

#: Name -> the keys that lead there from the live screen, and seconds to wait for what is shown.
SHOTS: dict[str, tuple[list[str], float]] = {
    "live": (["2"], 2.0),
    "chart": (["L", "5", "x", "left", "left", "left"], 2.0),
    "alert": (["escape", "L", "L", "1", "a"], 2.0),
    "lab": (["escape", "2", "b", "enter"], 12.0),
    "analyst": (["escape", "f3", "4", "s"], 30.0),
    "system": (["f6"], 3.0),
    "copilot": (["f4", "1"], 40.0),
    "desk": (["f5"], 3.0),
}

#: What the demo is told first: without a variant no indicator is followed.
BEFORE = (
    "indicators add fast_rsi rsi --param period=7 interval=1s --type risk",
    "indicators add fair rolling_vwap --param window_s=60 --type price",
    "indicators add stretch bollinger --param interval=1s --line z",
)


def lean(svg: str) -> str:
    """Without the fonts it would fetch from elsewhere: any fixed font will do."""
    svg = re.sub(r"@font-face\s*{.*?}", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # else leading spaces are dropped
    return svg.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono").replace("https://", "")


async def shoot(home: Path, seconds: float, names: list[str]) -> None:
    """Go through the screens, and save each of those that are named."""
    app = CockpitApp(home, Settings(theme="cockpit-dark"))
    async with app.run_test(size=SIZE, notifications=False) as pilot:
        await asyncio.sleep(seconds)
        for name, (keys, wait) in SHOTS.items():
            await _press(pilot, keys)
            if name not in names:
                continue
            await asyncio.sleep(wait)
            (FOLDER / f"{name}.svg").write_text(lean(app.export_screenshot(title="cockpit", simplify=True)), encoding="utf-8")
            sys.stderr.write(f"{name}\n")


async def _press(pilot: Pilot[None], keys: list[str]) -> None:
    for key in keys:
        await pilot.press(key)
        await asyncio.sleep(0.7)


def main() -> None:
    """Start a demo, let it trade a while, shoot, stop it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=90.0, help="how long the demo trades before the first picture")
    parser.add_argument("names", nargs="*", choices=[*SHOTS, []], metavar="NAME", help=f"of {', '.join(SHOTS)}; none: all")
    options = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shots") as folder:
        home = Path(folder) / "home"
        command = [sys.executable, "-P", "-m", "cockpit", "--home", str(home)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COCKPIT_")}

        def tell(words: str, check: bool = True) -> None:
            subprocess.run([*command, *words.split()], check=check, env=environment, stdout=sys.stderr)

        tell("start --demo")
        try:
            for words in BEFORE:
                tell(words)
            asyncio.run(shoot(home, options.seconds, options.names or list(SHOTS)))
        finally:
            tell("stop --demo", check=False)


if __name__ == "__main__":
    main()
