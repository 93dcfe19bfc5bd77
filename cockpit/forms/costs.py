"""Costs that were measured, as a form asks for them: whose fills tell them, and which terms they then take the place of."""

from __future__ import annotations

import os
from pathlib import Path

from textual.widgets._input import Input

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Value
from cockpit.forms.sources import SourceSuggester
from cockpit.text import clean
from core.measured_terms import MEASURED

#: What every file that `cockpit calibrate --json` wrote has near its top, and how near.
_TOLD, _TOP = (b'"least"', b'"modelled"', b'"symbols"'), 1 << 12

#: Files of one folder that are looked into.
MOST_FILES = 200


def calibrations_at_hand(folder: Path) -> list[str]:
    """Files in a folder that hold measured costs, by their tops."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.path for entry in entries if entry.name.endswith(".json") and entry.is_file())
    except OSError:
        return []
    return [os.path.abspath(name) for name in names[:MOST_FILES] if clean(name) == name and _is_calibration(name)]


def _is_calibration(name: str) -> bool:
    try:
        with open(name, "rb") as file:
            top = file.read(_TOP)
    except OSError:
        return False
    return all(word in top for word in _TOLD)


class CostsEntry(Entry):
    """Whose fills tell the costs: none, those of the home, or those in a file.

    Attributes:
        choices: what is gone through; files are found later.
        legs: how many symbols the strategy trades.
    """

    FIELD = Field(name="costs", default=None, description=f"{MEASURED}: what your own fills cost; or a file cockpit calibrate --json wrote")

    def __init__(self, text: str) -> None:
        self.choices = ["", MEASURED]
        self.legs = 1
        super().__init__(self.FIELD, text, suggester=SourceSuggester(self.choices), empty="as the terms say")
        self.add_class("-list")

    @property
    def asked(self) -> bool:
        """Whether anything is."""
        return bool(self.text.strip())

    def read(self) -> Value:
        text = self.text.strip()
        if text and self.legs > 1:
            raise ValueError(f"are measured of one symbol, and the strategy trades {self.legs}: leave it empty")
        if not text or text == MEASURED:
            return text or None
        path = os.path.abspath(os.path.expanduser(text))
        if not os.path.isfile(path):
            raise ValueError(f"is neither {MEASURED} nor a file here")
        return path


class MeasuredEntry(Entry):
    """A term that fills may tell: where costs are asked for it is left empty, unless somebody gives it."""

    def __init__(self, field: Field, text: str | None, *, measured: bool, given: bool) -> None:
        """`measured`: costs are asked for; `given`: what is typed stands above them."""
        empty = measured and not given
        self._else = field.shown(field.default) if text is None or not empty else text
        self._measured = measured
        super().__init__(field, "" if empty else text, group="terms")
        self._place()

    @property
    def given(self) -> bool:
        """Whether it stays, whatever was measured."""
        return self._measured and bool(self.text.strip())

    def measure(self, on: bool) -> None:
        """Costs are asked for from now on, or no longer."""
        if on == self._measured:
            return
        self._measured = on
        text = self.text.strip()
        if on and text == self._else:
            self.text = ""
        elif not on and not text:
            self.text = self._else
        self._place()
        self.judge()

    def read(self) -> Value | list[str]:
        return self.field.read(self._else) if self._measured and not self.text.strip() else super().read()

    def hint(self) -> str:
        left = f"{self._else} where no fill tells it" if self._else else "off where no fill tells it"
        return super().hint() if not self._measured else f"given: it stays · {super().hint()}" if self.given else left

    def _place(self) -> None:
        """What is shown while it is empty."""
        if isinstance(self.control, Input):
            self.control.placeholder = MEASURED if self._measured else "off" if self.field.optional else ""
