"""Indicators and variants as they are named on a command line: `fast_rsi`, `sma:20`, `bollinger:20,2.5`, `rsi:period=7,interval=5m`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from core.codes import BarKind
from core.errors import StrategyError, UsageError
from core.indicators.catalogue import Catalogue
from core.indicators.several import Chosen, at_every_print
from core.variant import Variant


def choose(text: str, catalogue: Catalogue, variants: Mapping[str, Variant], kind: BarKind) -> Chosen:
    """What is named: a variant with its line, or an indicator with all of them.

    Parameters are given in their order, or by name. Where none says otherwise, an indicator lives on the bars that rows are about.

    Raises:
        UsageError: there is none of that name, or a parameter is not allowed.
    """
    name, _, given = text.strip().partition(":")
    words = [word.strip() for word in given.split(",")] if given.strip() else []
    variant = None if name in catalogue.indicators else variants.get(name)
    indicator = catalogue[name if variant is None else variant.indicator]
    values: dict[str, Any] = {} if variant is None else dict(variant.params)
    fields = [field.name for field in msgspec.structs.fields(indicator.params_type)]
    ordered = [field for field in fields if field != "interval"]
    for place, word in enumerate(words):
        key, sign, value = word.partition("=")
        if not sign and place >= len(ordered):
            raise UsageError(f"--indicator {text}: {name} takes {', '.join(fields) or 'no parameters'}")
        values |= {key: value} if sign else {ordered[place]: word}
    if variant is None and indicator.on_bars:
        values.setdefault("interval", "tick" if kind.by != "time" or at_every_print(kind) else kind.text)
    places = tuple(range(len(indicator.lines))) if variant is None else (0,)
    try:
        indicator.params(values)
        if variant is not None and variant.line:
            places = (indicator.line(variant.line),)
    except StrategyError as error:
        raise UsageError(f"--indicator {text}: {error}") from None
    return Chosen(text, "_".join([name, *(word.partition("=")[2] or word for word in words)]), indicator, values, places)
