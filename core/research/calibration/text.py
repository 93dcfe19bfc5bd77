"""A calibration as text for a person: every figure with its unit, its number and how sure it is, and the terms it comes to."""

from __future__ import annotations

from collections.abc import Iterator

from core.clock import iso
from core.research.calibration.estimates import Spread
from core.research.calibration.measure import SURE, Calibration, Impact, Measured

#: What a fee is called, by who paid it.
_WHO = {"taker": "taker", "maker": "maker, rested in the book", "unknown": "whether they rested is not known"}

#: Terms that a configuration may hold for all symbols.
_CONFIGURED = ("fee_bps", "slippage_bps", "latency_ms")


def lines(found: Calibration) -> Iterator[str]:
    """Line by line."""
    if found.modelled:
        counts = ", ".join(f"{count:,} of {mode}" for mode, count in found.modelled.items())
        yield f"left aside: {counts}: their prices were made by this program's own rules and show nothing of a venue"
    if not found.symbols:
        yield f"no fills by a venue in {found.source}: terms stay as they are"
    for one in found.symbols:
        yield f"{one.symbol}: {one.fills:,} fills of {one.orders:,} orders, {iso(one.first_ns)[:19]}Z to {iso(one.last_ns)[:19]}Z"
        for name, text in [*_figures(one), *_advice(one, found.least)]:
            yield f"  {name:<11}  {text}"


def _figures(one: Measured) -> Iterator[tuple[str, str]]:
    for who, fee in one.fee.items():
        yield "fee", f"{fee.median:.4g} bps of value, median ({_sure(fee)}); {fee.count:,} fills, {_WHO[who]}"
    if one.slippage:
        yield (
            "slippage",
            f"{one.slippage.median:.2f} bps median ({_sure(one.slippage)}), 90 % below {one.slippage.p90:.2f}; {_count(one.slippage)}",
        )
        yield "", f"{one.slippage.mean:.2f} ± {one.slippage.error:.2f} bps mean; each against the last print before it"
    if one.from_decision:
        yield "", f"{one.from_decision.median:.2f} bps median from the decision's print on; {_count(one.from_decision)}"
    for bucket in one.buckets:
        size = f"{100 * bucket.low:g} % " + ("and more" if bucket.high is None else f"to {100 * bucket.high:g} %")
        yield "", f"{bucket.median:.2f} bps median, 90 % below {bucket.p90:.2f}, of {size} of the minute's volume; {bucket.count:,} orders"
    if one.impact:
        yield from _impact(one.impact)
    if one.latency:
        yield (
            "latency",
            f"{one.latency.median:,.4g} ms median ({_sure(one.latency)}), 95 % below {one.latency.p95:,.4g}; {_count(one.latency)}",
        )
    for why, count in one.missing.items():
        yield "no slippage", f"{count:,} order{'s' * (count > 1)}: {why}"


def _impact(impact: Impact) -> Iterator[tuple[str, str]]:
    sure = "" if impact.coefficient > SURE * impact.error else ": not told apart from none"
    yield "impact", f"{impact.coefficient:.2f} ± {impact.error:.2f} bps times √(quantity / the minute's volume){sure}"
    wild = f", {impact.wild:,} wild left out" if impact.wild else ""
    yield (
        "",
        f"over {impact.base:.2f} ± {impact.base_error:.2f} bps; the minute's volume {impact.volume:.4g}; {impact.count:,} orders{wild}",
    )


def _advice(one: Measured, least: int) -> Iterator[tuple[str, str]]:
    if not one.terms:
        yield "use", f"terms as they are: a figure needs {least} of its kind"
        return
    yield "use", " ".join(f"--{name.replace('_', '-')} {value:.10g}" for name, value in one.terms.items())
    plain = [f"{name} = {value!r}" for name, value in one.plain.items() if name in _CONFIGURED]
    if plain:
        yield "or", "for all symbols, in cockpit.toml; impact is in this slippage:"
        yield from [("", "[paper]"), *(("", line) for line in plain)]
    short = [name.partition("_")[0] for name in _CONFIGURED if name not in one.terms]
    if short:
        yield "", f"{' and '.join(short)} as {'it is' if len(short) == 1 else 'they are'}: fewer than {least} to measure"


def _sure(one: Spread) -> str:
    return f"95 %: {one.low:.4g} to {one.high:.4g}"


def _count(one: Spread) -> str:
    return f"{one.count:,} orders" + (f", {one.wild:,} wild" if one.wild else "")
