"""What every screen of the cockpit has: the header, tabs where panes are shown one at a time, the panes, the line of keys."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from cockpit.actions import keys_for
from cockpit.panes.facts import Facts
from cockpit.panes.grid import LiveGrid
from cockpit.panes.header import HeaderLine
from cockpit.panes.lines import KeyLine, TabLine
from core.view import HeaderView, View

if TYPE_CHECKING:
    from textual.events import DescendantFocus, Resize

    from cockpit.link import Link

Shape: TypeAlias = Literal["tiled", "stacked", "single"]
Pane: TypeAlias = "LiveGrid | Facts"


#: Seconds after which keys no longer wait for what the engine has to say of a screen that was just shown.
PATIENCE = 3.0

#: Views that are pulled whatever is shown: the state of the whole, what becomes a toast, and what the levers are about.
ALWAYS = ("header", "alerts", "strategies")


def shape_of(size: Size) -> Shape:
    """Two columns of panes where there is room, else all below each other, else one at a time."""
    if size.width < 100 or size.height < 30:
        return "single"
    return "tiled" if size.width >= 150 else "stacked"


class Deck(Screen[None]):
    """One screen: panes that are numbered, one of which has the focus.

    Attributes:
        header: what the engine last said of itself.
        panes: all of them, by number.
        pane: the one with the focus.
    """

    NAME: ClassVar[str] = ""

    #: Ways to share the room between the panes where they are tiled; the first is the usual one.
    LAYOUTS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, panes: tuple[Pane, ...]) -> None:
        super().__init__(id=self.NAME, classes="deck")
        self.header: HeaderView | None = None
        self.panes = panes
        self.pane = panes[0]
        self.layout_name = self.LAYOUTS[0] if self.LAYOUTS else ""
        self._maximised = False
        self._shown_at: float | None = None  # when it was shown first
        self._header_line = HeaderLine(id="header")
        self._tabs = TabLine(id="tabs")
        self._keys = KeyLine(id="keys")

    def compose(self) -> ComposeResult:
        yield self._header_line
        yield self._tabs
        yield from self.compose_panes()
        yield self._keys

    def compose_panes(self) -> Iterable[Widget]:
        """What lies between the tabs and the keys."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.pane.focus()

    def on_screen_resume(self) -> None:
        if self._shown_at is None:
            self._shown_at = time.monotonic()

    def _compositor_refresh(self) -> None:
        # Under a dialog Textual 8.2 marks again what it has just handed on: a change of all, such as the first, would be one for ever.
        changed = self._compositor._dirty_regions
        if self is self.app.screen or self not in self.app._background_screens:
            super()._compositor_refresh()
        elif changed:
            self.app.screen.refresh(*changed)
            changed.clear()
            self._dirty_widgets.clear()

    # Shape

    def on_resize(self, event: Resize) -> None:
        self.reshape()

    def reshape(self) -> None:
        """Lay the panes out for the size there is."""
        shape = "single" if self._maximised else shape_of(self.size)
        for name in ("tiled", "stacked", "single"):
            self.set_class(name == shape, f"-{name}")
        for pane in self.panes:
            pane.framed = shape != "single"
            pane.set_class(pane is self.pane, "-current")
            parent = pane.parent
            if isinstance(parent, Widget):
                parent.set_class(any(child is self.pane for child in parent.children), "-current")
        self.paint_lines()

    def lay_out(self, name: str) -> None:
        """Share the room as one of the layouts says; another name is the usual one."""
        self.layout_name = name if name in self.LAYOUTS else next(iter(self.LAYOUTS), "")
        for other in self.LAYOUTS:
            self.set_class(other == self.layout_name, f"-layout-{other}")

    @property
    def single(self) -> bool:
        """Whether one pane is shown at a time."""
        return self.has_class("-single")

    @property
    def pane_name(self) -> str:
        """The pane with the focus."""
        return self.pane.id or ""

    def maximise(self) -> None:
        """Give the pane the whole screen, or give it back."""
        self._maximised = not self._maximised
        self.reshape()

    def go(self, number: int, key: str = "") -> None:
        """Focus a pane, and put its cursor on a row."""
        pane = self.panes[number - 1]
        if key and isinstance(pane, LiveGrid):
            pane.listing.want(key)
        self._attend(pane)
        pane.focus()

    def _attend(self, pane: Pane) -> None:
        if pane is not self.pane:
            self.pane = pane
            self.reshape()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, LiveGrid | Facts):
            self._attend(event.widget)

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        self.go(event.number)

    # What the engine said

    @property
    def told(self) -> bool:
        """Whether the engine has said what its keys are about."""
        return True

    @property
    def settled(self) -> bool:
        """Whether what is typed is about what is seen; from an engine that is gone, or says nothing, nothing more comes."""
        link: Link | None = getattr(self.app, "link", None)
        waited = self._shown_at is not None and time.monotonic() - self._shown_at >= PATIENCE
        return self.told or waited or link is None or not link.up

    @property
    def mode(self) -> str:
        """paper, live, demo or replay; '' before the engine said."""
        return self.header.mode if self.header else ""

    def wanted(self) -> list[str]:
        """The views to pull."""
        raise NotImplementedError

    def take(self, view: View) -> None:
        """Keep what changed."""
        if view.header is not None:
            self.header = view.header

    def paint(self, now: float, now_ns: int, trouble: str = "") -> None:
        """Show what is held as of now: `now` in monotonic seconds, `now_ns` the engine's time; `trouble`: why there is none."""
        self._header_line.paint(self.header, now_ns, trouble)
        for pane in self.panes:
            pane.set_state(alarm=self.mode == "live", away=bool(trouble))
            if not self.single or pane is self.pane:
                self.paint_pane(pane, now, now_ns)
        self.paint_lines()

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        """Show what is held in one pane."""
        raise NotImplementedError

    def paint_lines(self) -> None:
        """The tabs and the keys."""
        tabs = [(pane.NUMBER, f"{self.tab_of(pane)} {_narrowed(pane)}".rstrip()) for pane in self.panes]
        self._tabs.paint(tabs, self.pane.NUMBER, _beside_title(self.pane))
        self._keys.paint(self.keys())

    def keys(self) -> list[tuple[str, str]]:
        """What can be done now: (key, word), the first ones first."""
        keymap = getattr(self.app, "keymap", {})
        return keys_for(self.NAME, self.pane_name, keymap, looks_only=self._looks_only, mode=self.mode)

    @property
    def _looks_only(self) -> bool:
        settings = getattr(self.app, "settings", None)
        return settings is not None and settings.read_only

    def tab_of(self, pane: Pane) -> str:
        """What a pane's tab says."""
        return pane.TITLE


def _narrowed(pane: Pane) -> str:
    """What a pane's filter hides, which its frame says where it has one."""
    return pane.listing.narrowed if isinstance(pane, LiveGrid) else ""


def _beside_title(pane: Pane) -> list[str]:
    """What its frame says where it has one, the fullest first: what it is about, and which of its rows or lines are in sight."""
    sight = pane.listing.told[1] if isinstance(pane, LiveGrid) else pane.out_of_sight
    both = "  ".join(filter(None, (pane.beside, sight)))
    return list(dict.fromkeys(filter(None, (both, sight, pane.beside))))
