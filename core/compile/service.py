"""Asks the compiler process, so that the engine imports neither numba nor anyone's strategy."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec

from core.child import running
from core.commands import Terms
from core.errors import StrategyError

TIMEOUT_S = 120.0

#: How a strategy trades of which nothing is said.
TERMS = Terms()


async def ask_compiler(request: dict[str, Any], timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """One request (`{"type": "describe" | "build", …}`) to a fresh compiler process; returns its answer.

    Raises:
        StrategyError: it refused, or the file hung or crashed the process; one line.
    """
    async with running("core.compile", str(os.getpid()), stderr=asyncio.subprocess.PIPE) as process:
        try:
            out, err = await asyncio.wait_for(process.communicate(msgspec.msgpack.encode(request)), timeout_s)
        except TimeoutError:
            raise StrategyError(f"{request.get('name', 'the strategies')}: loading took over {timeout_s:.0f} s and was ended") from None
    if process.returncode != 0 or not out:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise StrategyError(f"{request.get('name', 'the strategies')}: the compiler process ended with {process.returncode}: {last}")
    answer: dict[str, Any] = msgspec.msgpack.decode(out)
    if answer["type"] == "wrong":
        raise StrategyError(answer["message"])
    return answer


async def catalogue(folders: list[Path]) -> dict[str, Any]:
    """`{"strategies": […], "broken": {…}, "terms": […]}` of the folders."""
    return await ask_compiler({"type": "describe", "folders": [str(f) for f in folders]})


async def build_all(
    folders: list[Path], orders: list[tuple[str, dict[str, Any], Terms]], *, external: bool = False
) -> list[dict[str, Any] | str]:
    """The Blueprints of several strategies by (name, params, terms), as plain data, from one process: or one line on why there is none.

    A file that hangs or crashes the process costs the others nothing but time: they are built one by one then.

    Args:
        external: a venue fills their orders.
    """
    try:
        request = {"type": "build_all", "folders": [str(f) for f in folders], "orders": orders, "external": external}
        answer = await ask_compiler(request, TIMEOUT_S + 5.0 * len(orders))
        plans: list[dict[str, Any] | str] = answer["plans"]
        return plans
    except StrategyError:
        return [await _build_or_say(folders, *order, external) for order in orders]


async def _build_or_say(folders: list[Path], name: str, params: dict[str, Any], terms: Terms, external: bool) -> dict[str, Any] | str:
    try:
        return await build(folders, name, params, terms, external=external)
    except StrategyError as error:
        return str(error)


async def build(folders: list[Path], name: str, params: dict[str, Any], terms: Terms = TERMS, *, external: bool = False) -> dict[str, Any]:
    """The Blueprint of a strategy that is to trade on these terms, as plain data.

    Args:
        external: a venue fills its orders.
    """
    request = {"type": "build", "folders": [str(f) for f in folders], "name": name, "params": params, "terms": terms, "external": external}
    answer = await ask_compiler(request)
    plan: dict[str, Any] = answer["plan"]
    return plan
