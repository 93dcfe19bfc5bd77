"""One line of a form: a label, where the value goes, and beside it the hint or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widgets._input import Input
from textual.widgets._static import Static

from cockpit.forms.fields import Field, Value, read_symbols
from cockpit.panes.toned import Toned
from cockpit.panes.typeset import Runs
from cockpit.text import fit, width

#: Seconds within which letters are one word.
TYPED_S = 1.5


class Choice(Toned, can_focus=True):
    """One of a few words: left and right (or space) step through them; typing its first letters goes to one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right,space", "step(1)", show=False),
    ]

    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another word was chosen."""

    def __init__(self, options: list[str], value: str) -> None:
        super().__init__()
        self.options = options
        self.set_reactive(Choice.value, value if value in options else options[0])
        self._typed = ""
        self._typed_at = 0.0

    def offer(self, options: list[str]) -> None:
        """Other words to choose from; the chosen one stays where it is among them."""
        self.options = options
        self.value = self.value if self.value in options else options[0]
        self.refresh()

    def watch_value(self) -> None:
        self.refresh()
        self.post_message(self.Changed())

    def action_step(self, steps: int) -> None:
        self.value = self.options[(self.options.index(self.value) + steps) % len(self.options)]

    def on_key(self, event: events.Key) -> None:
        letter = (event.character or "").casefold()
        if not letter.isprintable() or not letter.strip():
            return
        word = self._typed + letter if event.time - self._typed_at < TYPED_S else letter
        here = self.options.index(self.value)
        if len(word) > 1 and any(option.casefold().startswith(word) for option in self.options):
            here -= 1  # a word that goes on may mean the one it found already
        else:
            word = letter
        following = [*self.options[here + 1 :], *self.options[: here + 1]]
        self._typed, self._typed_at = word, event.time
        self.value = next((option for option in following if option.casefold().startswith(word)), self.value)

    def on_click(self, event: events.Click) -> None:
        self.action_step(-1 if event.x < 2 else 1)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        runs, tone = Runs(), "tab" if self.has_focus else "strong"
        text = f"◂ {self.value} ▸" if len(self.options) > 1 else f"  {self.value}"
        if y == 0:
            runs.add(fit(text, min(self.size.width, width(text))), self.tones.style(tone))
        return Strip(runs.segments(), runs.cells).adjust_cell_length(self.size.width, self.tones.style("plain"))


class SymbolSuggester(Suggester):
    """Completes the last symbol of a list from those that are watched."""

    def __init__(self, symbols: Callable[[], Iterable[str]]) -> None:
        """`symbols` says which can be meant, the likeliest first."""
        super().__init__(use_cache=False, case_sensitive=True)
        self._symbols = symbols

    async def get_suggestion(self, value: str) -> str | None:
        head = value[: max(value.rfind(","), value.rfind(" ")) + 1]
        word = value[len(head) :]
        found = [symbol for symbol in self._symbols() if word and symbol.startswith(word.upper()) and symbol != word.upper()]
        return value + found[0][len(word) :] if found else None


class Entry(Horizontal):
    """A field of a form. Its value is text until the form is sent."""

    class Changed(Message):
        """What stands in the field changed."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(
        self, field: Field, text: str | None = None, *, suggester: Suggester | None = None, group: str = "", empty: str = "off"
    ) -> None:
        """`text` stands in it instead of the default; `empty` is shown while nothing does, where that is a value too."""
        super().__init__(classes="entry")
        self.field = field
        self.group = group
        start = field.shown(field.default) if text is None else text
        self.control: Choice | Input = (
            Choice(field.options, start)
            if field.options
            else Input(
                start,
                placeholder=empty if field.optional else "",
                compact=True,
                select_on_focus=True,
                suggester=suggester,
                max_length=500,
            )
        )
        self.label = field.name.replace("_", " ")
        self._hint = Static("", classes="hint", markup=False)
        self._beside = ""

    def compose(self) -> ComposeResult:
        yield Static(self.label, classes="label", markup=False)
        yield self.control
        yield self._hint

    def on_mount(self) -> None:
        self.judge()

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.control.value

    @text.setter
    def text(self, text: str) -> None:
        self.control.value = text

    def read(self) -> Value | list[str]:
        """The value.

        Raises:
            ValueError: there is none; the message says why.
        """
        return read_symbols(self.text) if self.field.type == "symbols" else self.field.read(self.text)

    @property
    def problem(self) -> str:
        """What is wrong with the entry; '' when nothing is."""
        try:
            self.read()
        except ValueError as error:
            return str(error)
        return ""

    def hint(self) -> str:
        """What stands beside it while nothing is wrong."""
        return self.field.hint()

    @property
    def cut(self) -> str:
        """What is beside it, where there is no room for all of it; a problem is said below in any case."""
        text = "" if self.problem else self.hint()
        return text if width(text) > self._hint.size.width > 0 else ""

    def judge(self) -> None:
        """Say beside the field what is wrong, or what it is for."""
        problem = self.problem
        self.set_class(bool(problem), "-wrong")
        beside = problem or self.hint()
        if beside != self._beside:
            self._beside = beside
            self._hint.update(beside)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._changed()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        self._changed()

    def _changed(self) -> None:
        self.judge()
        self.post_message(self.Changed(self))
