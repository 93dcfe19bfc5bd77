"""The form of a session, made from its settings' type: it starts one, or sets other limits, target and stops while one runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

import msgspec
from textual import work
from textual.widgets._static import Static

from cockpit.catalogue import Catalogue
from cockpit.forms.described import fields_of
from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field
from cockpit.forms.form import Form
from cockpit.forms.recents import Recents
from cockpit.forms.session_entries import GroupsEntry, StrategiesEntry, WatchlistEntry, WeightsEntry, weights_text
from cockpit.forms.session_words import session_words
from cockpit.text import clean
from core.desk_orders import ChangeSession, Settings, StartSession
from core.errors import CockpitError, UsageError

#: Fields by group and what stands above them; what a type gains later stands below all.
_GROUPS = {
    "what": ("", ("strategies", "watchlist", "weights", "capital")),
    "params": ("what is traded, and how it is left", ("side", "validators", "min_confidence", "order_type", "stop_loss_pct",
               "take_profit_pct", "trailing_pct")),
    "sizes": ("sizes", ("base_pct", "min_notional", "max_notional", "max_leverage")),
    "limits": ("limits of the account", ("max_positions", "max_symbol_pct", "max_strategy_pct", "max_group_pct", "groups",
               "band_pct", "stale_s", "max_drawdown_pct", "on_drawdown")),
    "goals": ("target", ("target_week", "on_target")),
}  # fmt: skip

#: What a session keeps once it runs.
_FIXED = ("strategies", "watchlist", "weights", "capital")

_NAME = Field(name="name", default=None, description="a name of your own")


class SessionForm(Form):
    """Asks for a session's settings; answers a sentence on what came of it."""

    GROUPS: ClassVar[tuple[str, ...]] = ("what", "params", "sizes", "limits", "goals")

    def __init__(
        self,
        catalogue: Catalogue,
        submit: Callable[[Any], Awaitable[Any]],
        listing: Callable[[], Awaitable[list[str]]],
        *,
        streamed: Callable[[], Sequence[str]],
        recents: Recents,
        mode: str,
        now: Settings | None = None,
        name: str = "",
    ) -> None:
        """`listing` asks what the venue lists, `streamed` says what is; `now` are the settings of the one that runs, `name` its name."""
        super().__init__(submit, recents)
        self._catalogue = catalogue
        self._ask_listing = listing
        self._streamed = streamed
        self._mode = mode
        self._now = now
        self._name = name

    KEYS: ClassVar[str] = "enter does it · ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves"

    @property
    def heading(self) -> str:
        return "Start a session" if self._now is None else f"Settings of the session {clean(self._name)}".rstrip()

    @property
    def complete(self) -> bool:
        return bool(self.entries) and not self.left

    @property
    def about(self) -> str:
        return "start" if self._now is None else "change"

    def groups(self) -> dict[str, list[Static | Entry]]:
        fields = {field.name: field for field in fields_of(Settings)}
        made: dict[str, list[Static | Entry]] = {}
        for group, (heading, names) in _GROUPS.items():
            rest = [name for name in fields if group == "goals" and not any(name in others for _, others in _GROUPS.values())]
            entries = [self._entry(fields[name]) for name in (*names, *rest) if self._now is None or name not in _FIXED]
            made[group] = [*([Static(heading, classes="group")] if heading and entries else []), *entries]
        if self._now is None:
            made["what"].append(Entry(_NAME, empty="none"))
        return made

    def _entry(self, field: Field) -> Entry:
        if field.name == "strategies":
            return StrategiesEntry(field, "")
        if field.name == "watchlist":
            return WatchlistEntry(field, ", ".join(self._streamed()), self._streamed)
        if field.name == "weights":
            return WeightsEntry(field, "", self._named)
        if field.name == "groups":
            return GroupsEntry(field, "" if self._now is None else " ".join(self._now.groups))
        return Entry(field, None if self._now is None else field.shown(getattr(self._now, field.name)))

    def _named(self) -> Sequence[str]:
        entry = self.entry("strategies")
        return [] if entry is None else entry.text.replace(",", " ").split()

    def on_mount(self) -> None:
        if self._now is not None:
            of = f"{', '.join(map(clean, self._now.strategies))} on {', '.join(map(clean, self._now.watchlist))}"
            weights = f", {weights_text(self._now.weights)}" if self._now.weights else ""
            self.query_one("#sentence", Static).update(f"{of}{weights}: what is traded stays as it is")
        self.entries[0].control.focus()
        self._know()
        self.judge()

    @work(exclusive=True, group="known")
    async def _know(self) -> None:
        """Learn which strategies there are and what the venue lists; the engine judges what nobody knows."""
        strategies, watchlist = self.entry("strategies"), self.entry("watchlist")
        if not isinstance(strategies, StrategiesEntry) or not isinstance(watchlist, WatchlistEntry):
            return
        try:
            strategies.offers = await self._catalogue.fetch()
            strategies.judge()
            watchlist.listed = tuple(str(name) for name in await self._ask_listing())
            watchlist.judge()
        except (CockpitError, ValueError, TypeError):
            return
        self.judge()

    def changed(self, entry: Entry) -> None:
        if entry.field.name == "strategies" and (weights := self.entry("weights")) is not None:
            weights.judge()

    def made(self) -> StartSession | ChangeSession:
        read: dict[str, Any] = {entry.field.name: entry.read() for entry in self.entries}
        name = str(read.pop(_NAME.name, None) or "")
        if self._now is None:
            settings = msgspec.convert(read, Settings)
            _refuse_apart(settings)
            return StartSession(settings=settings, name=name)
        settings = msgspec.convert({**msgspec.to_builtins(self._now), **read}, Settings)
        _refuse_apart(settings)
        return ChangeSession(settings=settings)

    def intent(self, command: StartSession | ChangeSession) -> str:
        return session_words(command, self._now, self._mode)

    def busy(self, command: StartSession | ChangeSession) -> str:
        return "starting the session …" if isinstance(command, StartSession) else "setting …"

    def answer(self, command: StartSession | ChangeSession, reply: dict[str, Any]) -> str:
        note = clean(str(reply["note"])) if "note" in reply else ""
        return (
            f"{'the session runs' if isinstance(command, StartSession) else 'the session goes by these settings now'}{note and f': {note}'}"
        )


def _refuse_apart(settings: Settings) -> None:
    """Refuse fields that are right one by one and not together.

    Raises:
        UsageError: the least value of a position is above the most.
    """
    if settings.min_notional > settings.max_notional:
        raise UsageError(f"min notional {settings.min_notional:g} is above max notional {settings.max_notional:g}")
