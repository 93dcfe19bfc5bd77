"""The engine's catalogue of indicators as values: what can be drawn and named, with which parameters and lines. No widget in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from cockpit.forms.fields import Field
from cockpit.text import clean
from core.variant import Variant

_PANELS = {"main": "over the candles", "lower": "under the volume"}


class LineOffer(msgspec.Struct, frozen=True):
    """A line of an indicator, its unit, and where it is drawn: main or lower."""

    name: str
    unit: str = ""
    panel: str = "lower"

    @property
    def words(self) -> str:
        """`z (z), under the volume`."""
        unit = f" ({clean(self.unit)})" if self.unit else ""
        return f"{clean(self.name)}{unit}, {_PANELS.get(self.panel, '')}".rstrip(", ")


class IndicatorOffer(msgspec.Struct, frozen=True):
    """An indicator that can be drawn, and of which there can be variants."""

    name: str
    about: str = ""
    lines: list[LineOffer] = []
    params: list[Field] = []

    def line(self, name: str) -> LineOffer:
        """The line of a name; '' and names of none are its first."""
        return next((line for line in self.lines if line.name == name), self.lines[0] if self.lines else LineOffer(self.name))

    @property
    def words(self) -> str:
        """What a chart draws of it: `middle, upper, lower (price), over the candles`."""
        first = self.line("")
        others = [clean(line.name) for line in self.lines[1:] if (line.unit, line.panel) == (first.unit, first.panel)]
        return msgspec.structs.replace(first, name=", ".join([clean(first.name), *others])).words


class Indicators(msgspec.Struct, frozen=True):
    """What there is: indicators and variants by name, and a line on each file and table that is left out."""

    offers: dict[str, IndicatorOffer]
    variants: dict[str, Variant]
    wrong: list[str]


def read_indicators(answer: Any) -> Indicators:
    """The engine's answer to `indicators`.

    Raises:
        ValueError: it is none, or they are not known yet.
    """
    if isinstance(answer, Mapping) and answer.get("state", "ready") != "ready" and not answer.get("indicators"):
        raise ValueError(clean(str(answer.get("note") or "")) or "the analyst is starting: it knows the indicators in a moment")
    try:
        offers = msgspec.convert(answer["indicators"], list[IndicatorOffer], strict=False)
        names = Variant.__struct_fields__
        rows = [{name: row[name] for name in names if name in row} for row in answer.get("variants") or ()]
        variants = msgspec.convert(rows, list[Variant])
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise ValueError(f"the engine's indicators cannot be read: {error}") from error
    broken: Mapping[str, Any] = answer.get("broken") or {}
    wrong = [clean(str(line)) for line in (*broken.values(), *(answer.get("wrong") or ()))]
    return Indicators({offer.name: offer for offer in offers}, {variant.name: variant for variant in variants}, wrong)


def params_text(params: Mapping[str, Any]) -> str:
    """`period 7, interval 5m`; '' where there are none."""
    return ", ".join(f"{clean(name.replace('_', ' '))} {Field(name=name).shown(value)}" for name, value in params.items())
