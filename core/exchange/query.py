"""The query of a REST request, read the way the venue reads it: refused with its own codes and words.

Source: https://developers.binance.com/docs/binance-spot-api-docs/errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_SYMBOL = re.compile(r"[\w.-]{1,40}")
_NUMBER = re.compile(r"[0-9]{1,19}")
_FIRST_MICROSECOND = 10**14


class RestRefusal(Exception):
    """An answer other than 200.

    Attributes:
        status: of HTTP.
        code: of the venue.
        retry_after: seconds, for 418 and 429.
        date: they are told as a date.
    """

    def __init__(self, code: int, message: str, *, status: int = 400, retry_after: float | None = None, date: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.date = date

    def body(self) -> bytes:
        """As the venue words it."""
        return json.dumps({"code": self.code, "msg": str(self)}, separators=(",", ":"), ensure_ascii=False).encode()


class Query:
    """The parameters of one request; a method reads one of them or raises `RestRefusal`."""

    def __init__(self, values: Mapping[str, str], known: Sequence[str], symbols: Mapping[str, int]) -> None:
        unknown = [name for name in values if name not in known]
        if unknown:
            raise RestRefusal(-1101, f"Too many parameters; expected '{len(known)}' and received '{len(values)}'.")
        self._values = values
        self._symbols = symbols

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str:
        """A parameter that must be there."""
        value = self._values.get(name)
        if not value:
            raise RestRefusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return value

    def number(self, name: str) -> int | None:
        """A whole number, None when it was not sent."""
        if name not in self._values:
            return None
        value = self._values[name]
        if not value:
            raise RestRefusal(-1105, f"Parameter '{name}' was empty.")
        if not _NUMBER.fullmatch(value):
            raise RestRefusal(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
        return int(value)

    def limit(self, default: int = 500, most: int = 1000) -> int:
        """How many rows, at most `most`."""
        value = self.number("limit")
        if value == 0:
            raise RestRefusal(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(default if value is None else value, most)

    def time(self, name: str) -> int | None:
        """A time sent in ms or µs, in µs; None when it was not sent."""
        value = self.number(name)
        return value if value is None or value >= _FIRST_MICROSECOND else value * 1000

    def symbol(self) -> int:
        """The number of the one symbol that must be there."""
        return self._number_of(self.text("symbol"), "symbol")

    def symbols(self) -> list[int] | None:
        """The numbers of `symbol` or `symbols`; None when neither was sent."""
        if "symbol" in self._values and "symbols" in self._values:
            detail = "Recommendation: 'symbol' and 'symbols' cannot both be sent."
            raise RestRefusal(-1128, f"Combination of optional parameters invalid. {detail}")
        if "symbol" in self._values:
            return [self.symbol()]
        if "symbols" not in self._values:
            return None
        try:
            listed = json.loads(self._values["symbols"])
        except (ValueError, RecursionError):
            listed = None
        if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
            raise RestRefusal(-1100, "Illegal characters found in parameter 'symbols'; legal range is a JSON list of names.")
        if len(set(listed)) < len(listed):
            raise RestRefusal(-1151, "Symbol is present multiple times in the list.")
        return [self._number_of(name, "symbols") for name in listed]

    def _number_of(self, name: str, parameter: str) -> int:
        if not _SYMBOL.fullmatch(name) or name != name.upper():
            raise RestRefusal(-1100, f"Illegal characters found in parameter '{parameter}'; legal range is '^[\\w.-]{{1,40}}$'.")
        if name not in self._symbols:
            raise RestRefusal(-1121, "Invalid symbol.")
        return self._symbols[name]
