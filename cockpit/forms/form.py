"""What all forms share: entries, a line below them that says what enter will do or what keeps it from that, one command at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets._static import Static

from cockpit.forms.dialog import Dialog
from cockpit.forms.entry import Entry
from cockpit.forms.recents import Recents
from cockpit.text import clean
from core.commands import Command
from core.errors import CockpitError, UsageError

#: Lines around the entries at most: frame, heading, help, what enter does, keys.
AROUND = 14


class Form(Dialog[str]):
    """Asks for what a command needs; answers a word on what came of it."""

    KEYS: ClassVar[str] = ""
    CLASSES_OF_FORM: ClassVar[str] = "form register"
    GROUPS: ClassVar[tuple[str, ...]] = ("what", "params")

    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("enter", "send", "send"),
        Binding("up", "app.focus_previous", priority=True, show=False),
        Binding("down", "app.focus_next", priority=True, show=False),
        Binding("ctrl+r", "recall", "as last time"),
    ]

    def __init__(self, submit: Callable[[Any], Awaitable[Any]], recents: Recents) -> None:
        """`submit` sends the command; `recents` is what was sent before, and takes up what is sent now."""
        super().__init__()
        self._submit = submit
        self._recents = recents
        self._sending = self._refused = self._looking = False

    # What a subclass says

    @property
    def heading(self) -> str:
        """Its first line."""
        raise NotImplementedError

    @property
    def complete(self) -> bool:
        """Whether every entry is there."""
        raise NotImplementedError

    @property
    def about(self) -> str:
        """What is asked about: what was sent last is kept for each of these."""
        raise NotImplementedError

    def groups(self) -> dict[str, list[Static | Entry]]:
        """What stands in each of GROUPS at first."""
        return {}

    def kept(self, entry: Entry) -> bool:
        """Whether ctrl+r brings it back the next time."""
        return True

    def made(self) -> Command:
        """What enter sends, made of the entries."""
        raise NotImplementedError

    def intent(self, command: Any) -> str:
        """The sentence that says what enter will do."""
        raise NotImplementedError

    def busy(self, command: Any) -> str:
        """What is said until the engine answered."""
        raise NotImplementedError

    def answer(self, command: Any, reply: dict[str, Any]) -> str:
        """What the form answers."""
        raise NotImplementedError

    # The form

    def compose(self) -> ComposeResult:
        groups = self.groups()
        with Vertical(classes=self.CLASSES_OF_FORM):
            yield Static(self.heading, classes="title", markup=False)
            yield Static("", id="sentence", classes="sentence", markup=False)
            with VerticalScroll(id="entries", can_focus=False):
                for name in self.GROUPS:
                    yield Vertical(*groups.get(name, ()), id=name)
            yield Static("", id="more", markup=False)
            yield Static("", id="outcome", classes="outcome", markup=False)
            yield Static(self.KEYS, classes="keys", markup=False)

    @property
    def settled(self) -> bool:
        return super().settled and (self.complete or self.left) and not self._looking

    @property
    def entries(self) -> list[Entry]:
        """All of them, from the top."""
        return list(self.query(Entry))

    def entry(self, name: str) -> Entry | None:
        """The entry of this name."""
        return next((entry for entry in self.entries if entry.field.name == name), None)

    def judge(self) -> None:
        """Say what enter will do, or what keeps it from doing so."""
        self.call_after_refresh(self._fit)
        if self.left or not self.complete or self._sending or self._refused:
            return
        wrong = [entry for entry in self.entries if entry.problem]
        if wrong:
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            self.tell(f"{wrong[0].label} {wrong[0].problem}{more}", "-wrong")
            return
        try:
            self.tell(self.intent(self.made()), "-ready")
        except UsageError as error:  # of entries that are right one by one
            self.tell(clean(str(error)), "-wrong")

    def on_descendant_focus(self) -> None:
        self._show_more()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)
        self.call_after_refresh(self._show_more)

    def _fit(self) -> None:
        """Let the entries scroll where not all of them fit: what enter does stays in sight."""
        lines = sum(self.query_one(f"#{name}").outer_size.height for name in self.GROUPS)
        if self.has_class("-long") != (lines + AROUND > self.size.height):
            self.toggle_class("-long")
            if self.focused is not None:
                self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def _show_more(self) -> None:
        """What stands beside the field that has the focus, in full where there is no room for it."""
        entry = next((entry for entry in self.entries if entry.control is self.focused), None)
        cut = entry.cut if entry is not None else ""
        more = self.query_one("#more", Static)
        more.update(f"{entry.label}: {cut}" if entry is not None and cut else "")
        if more.display != bool(cut):
            more.display = bool(cut)
            if entry is not None:  # there is a line more or less to see it in
                self.call_after_refresh(entry.scroll_visible, animate=False)

    def on_entry_changed(self, event: Entry.Changed) -> None:
        self._refused = False
        self.changed(event.entry)
        self.judge()
        self._show_more()

    def changed(self, entry: Entry) -> None:
        """Something else stands in an entry."""

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        """Send, unless something is wrong: then go to it."""
        if self.complete and not self._sending and not self.left and not self._go_to_wrong():
            self._sending = self._looking = True
            self._send()

    def _go_to_wrong(self) -> bool:
        wrong = [entry for entry in self.entries if entry.problem]
        if wrong:
            self.set_focus(wrong[0].control)  # now: the next key may be about it
        return bool(wrong)

    async def looked(self) -> None:
        """Wait for what has to be known before anything is sent."""

    @work(group="send")
    async def _send(self) -> None:
        try:
            await self.looked()
            self._looking = False
            if self.left or self._go_to_wrong():
                self._sending = False
                self.judge()
                return
            command = self.made()
            self.tell(self.busy(command), "-busy")
            about, kept = self.about, {entry.field.name: entry.text for entry in self.entries if self.kept(entry)}
            reply = await self._submit(command)
        except CockpitError as error:
            self._refused = True
            self.tell(f"Refused: {clean(str(error))}", "-refused")
            return
        finally:
            self._sending = self._looking = False
        self._recents.keep(about, kept)
        self.dismiss(self.answer(command, reply if isinstance(reply, dict) else {}))

    def action_recall(self) -> None:
        """Fill in what was sent the last time."""
        kept = self._recents.of(self.about) if self.complete else {}
        if not kept:
            self.tell(f"Nothing about {clean(self.about)} was sent from here yet.", "-busy")
        for entry in self.entries:
            entry.text = kept.get(entry.field.name, entry.text)
