"""Entries of the form of a study: a parameter at one value or several, ranges of parameters that only other strategies have, conditions,
and names of other strategies. All are judged while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Value
from cockpit.text import clean
from core.errors import UsageError
from core.ranges import CONDITION, Range, parse_range

#: Chosen where every one of a few words is to be tried.
EACH = "each"

#: Values of a parameter that are named beside it.
SHOWN = 4


class Tried(Field, frozen=True, kw_only=True):
    """A parameter that may be tried at several values."""

    @property
    def options(self) -> list[str]:
        own = super().options
        return [*own, EACH] if own else []

    def read(self, text: str) -> Value:
        """The first of its values.

        Raises:
            ValueError: one of them is none; the message says why.
        """
        return next(iter([self._value(one) for one in self.texts(text)]))

    def texts(self, text: str) -> list[str]:
        """Its values as they are typed one by one; one where it is no range.

        Raises:
            ValueError: the range cannot be read.
        """
        text = text.strip()
        if self.options:
            return [one for one in self.options if one != EACH] if text == EACH else [text]
        if ":" not in text and "," not in text:
            return [text]
        return list(parsed(f"{self.name}={text}").texts)

    def _value(self, text: str) -> Value:
        try:
            return super().read(text)
        except ValueError as error:
            raise ValueError(f"{clean(text)}: {error}" if text else str(error)) from None

    def hint(self) -> str:
        return f"{super().hint()}" if self.options else f"{super().hint() or 'a value'}; or 5:50:5, or 1,2,3"


def parsed(text: str) -> Range:
    """A range.

    Raises:
        ValueError: it cannot be read; the message says what can.
    """
    try:
        return parse_range(text)
    except UsageError as error:
        raise ValueError(str(error).removeprefix(f"--range {text}: ")) from None


class RangeEntry(Entry):
    """A parameter: one value, or those to try."""

    def __init__(self, field: Field, text: str | None) -> None:
        import msgspec

        self.tried = Tried(**msgspec.structs.asdict(field))
        super().__init__(self.tried, text, group="params")
        self.add_class("-list")

    @property
    def values(self) -> list[str]:
        """The values as they are written in a range; of one that is wrong, none."""
        try:
            self.read()
            return [
                {"yes": "true", "no": "false"}.get(one, one) if self.field.type == "bool" else one for one in self.tried.texts(self.text)
            ]
        except ValueError:
            return []

    @property
    def range_text(self) -> str:
        """As on the command line; '' where there is one value only."""
        values = self.values
        if len(values) < 2:
            return ""
        text = ",".join(values) if self.field.options else self.text.strip()
        return f"{self.field.name}={text}"

    def hint(self) -> str:
        values = self.values
        if len(values) < 2:
            return super().hint()
        named = ", ".join(values[:SHOWN]) + (f", … {values[-1]}" if len(values) > SHOWN else "")
        return f"{len(values):,} values: {clean(named)}"


class RangesEntry(Entry):
    """Ranges of parameters that the strategy itself does not have."""

    def __init__(self, text: str, known: Callable[[], Mapping[str, str]]) -> None:
        """`known` says which parameters the other strategies have, and whose each is."""
        self._known = known
        field = Field(name="more ranges", default=None, description="of the others' parameters: lookback=5:20:5 k=1,2")
        super().__init__(field, text, empty="none")
        self.add_class("-list")

    @property
    def ranges(self) -> list[Range]:
        """What is typed.

        Raises:
            ValueError: it cannot be read.
        """
        return [parsed(word) for word in self.text.split()]

    def read(self) -> list[str]:
        for one in self.ranges:
            if one.name not in self._known():
                there = ", ".join(sorted(self._known())) or "none: name another strategy first"
                raise ValueError(f"has {clean(one.name)}, which none of the others has; they have {clean(there)}")
        return self.text.split()


class WhereEntry(Entry):
    """What must hold of the parameters."""

    def __init__(self, text: str, known: Callable[[], list[str]]) -> None:
        self._known = known
        super().__init__(
            Field(name="where", default=None, description="what must hold besides: fast<slow slow>=20"), text, empty="anything"
        )
        self.add_class("-list")

    def read(self) -> list[str]:
        words = self.text.split()
        for word in words:
            found = CONDITION.match(word)
            if found is None:
                raise ValueError("reads fast<slow: two parameters, or one and a number, with <, <=, >, >=, == or != between")
            for name in (found[1], found[3]):
                if name[0].isalpha() and name not in self._known():
                    raise ValueError(f"has {clean(name)}, which is no parameter; there are {clean(', '.join(self._known()))}")
        return words


class AlsoEntry(Entry):
    """Other strategies to try beside the first."""

    def __init__(self, text: str, known: Callable[[], list[str]]) -> None:
        self._known = known
        self.legs = 1
        super().__init__(Field(name="also", default=None, description="other strategies to try beside it, with commas"), text, empty="none")
        self.add_class("-list")

    def read(self) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in self.text.split(",") if name.strip()))
        for name in names:
            if name not in self._known():
                each = f"{self.legs} symbols" if self.legs > 1 else "one symbol"
                raise ValueError(f"has {clean(name)}, which is no strategy of {each}; there are {clean(', '.join(self._known()))}")
        return names
