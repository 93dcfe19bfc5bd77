"""The dialog that builds a file of rules and edits one: rows of conditions, what is wrong with each beside it, the TOML they come to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets._static import Static
from textual.worker import WorkerError

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field
from cockpit.forms.form import Form
from cockpit.forms.reading import Reading
from cockpit.forms.recents import Recents
from cockpit.forms.rules_rows import Checker, LengthField, NewName, RowEntry, WordSuggester, checker
from cockpit.forms.rules_words import ABOUT, WAITS, RuleWords
from cockpit.rules_file import folder_of, save, text_in
from cockpit.rules_text import GROUPS, Draft, draft_of, text_of
from cockpit.text import clean
from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Rows of a group at most: a file has so many conditions.
MOST_ROWS = 64


class ConditionsForm(Form):
    """Asks for rules; answers a sentence on the file that was written."""

    KEYS: ClassVar[str] = "enter saves · ↑ ↓ move · → completes · ctrl+t shows the file · esc leaves"
    CLASSES_OF_FORM: ClassVar[str] = "form register study rulebook"
    GROUPS: ClassVar[tuple[str, ...]] = ("what", "of_indicators", *(f"of_{group}" for group in GROUPS))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "preview", "the file")]

    def __init__(self, folder: Path, recents: Recents, name: str = "") -> None:
        """`name` is the file to change, '' a new one.

        Raises:
            UsageError: it cannot be read, or holds what would be lost.
        """
        super().__init__(self._save, recents)
        self._folder, self._called = folder, name
        self._before = text_in(folder, name) if name else None
        try:
            self._begun = draft_of(self._before) if self._before is not None else Draft()
        except ValueError as error:
            raise UsageError(f"{name}.toml cannot be changed here: {clean(str(error))}") from None
        self._words = RuleWords(lambda: [entry.row for entry in self._rows("indicators")])
        self._dirty, self._known = asyncio.Event(), asyncio.Event()
        self._checked: tuple[str, str] | None = None  # a text, and what is wrong with it
        self._ended = ""

    @property
    def heading(self) -> str:
        return f"Change {clean(self._called)}" if self._called else "New strategy of conditions"

    @property
    def about(self) -> str:
        return "rules"

    def kept(self, entry: Entry) -> bool:
        return False

    @property
    def complete(self) -> bool:
        return not self.left and (bool(self._words.offers) or bool(self._ended))

    def action_recall(self) -> None:
        self.tell("A file of rules is not filled in from the last one: open that one instead.", "-busy")

    # Its rows

    def groups(self) -> dict[str, list[Static | Entry]]:
        begun = self._begun
        name = NewName(name="name", default="", description="the file, and what the strategy is called", folder=str(self._folder))
        side = Field(name="side", type="choice", choices=["long", "short"], default="long")
        sentence = Entry(Field(name="sentence", default="", description="what it bets on"), begun.sentence)
        sentence.add_class("-wide")
        what: list[Static | Entry] = [
            sentence, Entry(side, begun.side),
            Entry(Field(name="interval", type="interval", default="1m", description="bars of its indicators"), begun.interval),
            *(Entry(LengthField(name=wait, default="", description=words), begun.waits.get(wait, "")) for wait, words in WAITS.items()),
        ]  # fmt: skip
        found = {"what": what if self._called else [Entry(name, ""), *what]}
        head = Static("indicators: name, indicator, parameters; one with its usual parameters needs no row", classes="group")
        found["of_indicators"] = [head, *(self._row("indicators", row) for row in (*begun.indicators, ""))]
        for group, usual in GROUPS.items():
            how, rows = begun.groups.get(group, (usual, []))
            of = Entry(Field(name=f"{group}: any or all", type="choice", choices=["all", "any"], default=usual), how)
            heading = Static(f"{group}: {ABOUT[group]}", classes="group", markup=False)
            found[f"of_{group}"] = [heading, of, *(self._row(group, row) for row in (*rows, ""))]
        return found

    def _row(self, kind: str, text: str) -> RowEntry:
        return RowEntry(kind, text, partial(self._words.beside, kind), WordSuggester(partial(self._words.after, kind)))

    def _rows(self, kind: str) -> list[RowEntry]:
        return [entry for entry in self.query(RowEntry) if entry.kind == kind]

    # What is typed, and what is wrong with it

    def on_mount(self) -> None:
        self.query_one("#sentence", Static).update("reading the indicators …")
        self._serving = self._serve()

    async def on_unmount(self) -> None:
        if not self._serving.is_cancelled:  # twice would cut short how it ends
            self._serving.cancel()
        with contextlib.suppress(WorkerError):
            await self._serving.wait()  # its process has ended then

    @work(exclusive=True, group="checker")
    async def _serve(self) -> None:
        """Say what is wrong, for as long as the dialog is open."""
        try:
            async with checker() as process:
                self._words.offers = await process.offers()
                self.query_one("#sentence", Static).update(self._above())
                self.entries[0].control.focus()
                while not self.left:
                    self._dirty.clear()
                    await self._check(process)
                    await self._dirty.wait()
        except (CockpitError, OSError) as error:
            self._ended = clean(str(error))
            self._known.set()
            self.judge()

    def _above(self) -> str:
        lost = f"Lines of comments that are not kept: {self._begun.comments}. " if self._begun.comments else ""
        return f"{lost}{clean(str(self._folder))}/{self._called or 'NAME'}.toml"

    async def _check(self, process: Checker) -> None:
        draft = self._draft()
        said = await process.check_rows([entry for entry in self.query(RowEntry) if entry.row], draft)
        try:
            whole = text_of(draft)
        except ValueError:
            self._checked = None
        else:
            ((where, what),) = await process.check([whole])
            self._checked = (whole, f"{where}: {what}" if what else "")
        for entry, row, what in said if not self.left else ():
            entry.say(row, what)
        self._known.set()
        self.judge()

    def changed(self, entry: Entry) -> None:
        self._dirty.set()
        for other in self.query(RowEntry):
            if other is not entry and other.kind != "indicators":
                other.judge()
        if isinstance(entry, RowEntry):
            rows = self._rows(entry.kind)
            if rows[-1].row and len(rows) < MOST_ROWS:
                self.query_one(f"#of_{entry.kind}", Vertical).mount(self._row(entry.kind, ""))

    def _draft(self) -> Draft:
        plain = {entry.field.name: entry.text.strip() for entry in self.entries if not isinstance(entry, RowEntry)}
        return Draft(
            sentence=plain["sentence"], side=plain["side"], interval=plain["interval"],
            indicators=[entry.row for entry in self._rows("indicators") if entry.row],
            groups={g: (plain[f"{g}: any or all"], rows) for g in GROUPS if (rows := [one.row for one in self._rows(g) if one.row])},
            waits={name: plain[name] for name in WAITS},
        )  # fmt: skip

    # What enter does

    def made(self) -> Any:
        if self._ended:
            raise UsageError(self._ended)
        try:
            text = text_of(self._draft())
        except ValueError as error:
            raise UsageError(str(error)) from None
        if self._checked is None or self._checked[0] != text:
            raise UsageError("checking …")
        if self._checked[1]:
            raise UsageError(self._checked[1])
        return text

    async def looked(self) -> None:
        while not self.left and not self._ended and (self._checked is None or self._checked[0] != text_of(self._draft())):
            self._known.clear()
            await self._known.wait()

    def action_leave(self) -> None:
        self._known.set()
        super().action_leave()

    @property
    def _file(self) -> str:
        named = self.entry("name")
        return self._called or (named.text.strip() if named is not None else "")

    def intent(self, command: Any) -> str:
        draft = self._draft()
        count = sum(len(rows) for _, rows in draft.groups.values())
        goes_on = " What runs on it keeps its code until it is started again." if self._called else ""
        return f"Enter saves {self._file}.toml: {count} rows in {len(draft.groups)} groups.{goes_on}"

    def busy(self, command: Any) -> str:
        return f"saving {self._file}.toml …"

    async def _save(self, text: Any) -> dict[str, Any]:
        await asyncio.to_thread(save, self._folder, self._file, str(text), self._before)
        return {}

    def answer(self, command: Any, reply: dict[str, Any]) -> str:
        return f"{self._file}.toml is saved: {'the next start takes it up' if self._called else 'r registers it'}"

    def action_preview(self) -> None:
        """The TOML as it would be saved."""
        try:
            lines = text_of(self._draft()).splitlines()
        except ValueError as error:
            lines = [f"not yet: {error}"]
        self.app.push_screen(Reading(f"{self._file or 'NAME'}.toml", [clean(line) for line in lines]))


def edit_conditions(app: CockpitApp, name: str = "", then: Callable[[], object] | None = None) -> None:
    """Open the dialog on a file of the home's strategies, '' on a new one."""
    if app.settings.read_only:
        app.say("read-only: this screen looks, and does nothing", "warning")
        return

    def done(sentence: str | None) -> None:
        if sentence:
            app.say(sentence)
            if then is not None:
                then()

    try:
        form = ConditionsForm(folder_of(app.home), Recents(app.home, "conditions"), name)
    except CockpitError as error:
        app.say(clean(str(error)), "warning")
        return
    app.push_screen(form, done)
