"""Where an order can stand, and where each event leads from there: one table, with a cell for every state and event."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an order stands."""

    CREATED = "created"  # not under way: new, or certainly not taken by the venue
    SUBMITTED = "submitted"  # on its way, nothing heard
    ACKNOWLEDGED = "acknowledged"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # whether it arrived, or how it stands, has to be asked


FINAL = frozenset((State.FILLED, State.CANCELLED, State.REJECTED, State.EXPIRED))


_LETTERS = {
    "C": State.CREATED, "S": State.SUBMITTED, "A": State.ACKNOWLEDGED, "P": State.PARTIALLY_FILLED, "F": State.FILLED,
    "X": State.CANCELLED, "R": State.REJECTED, "E": State.EXPIRED, "U": State.UNKNOWN,
}  # fmt: skip

#: The state after each event; `*` depends on quantities, `!` says that it does not go with what was known.
_TABLE = """
                  sent not_sent accepted rejected fill cancel_asked cancel_refused cancelled expired lost not_found reported
created           S    C!       A        R        *    C            C!             X         E       U    R         C
submitted         S!   C        A        R        *    S            S              X         E       U    R         S
acknowledged      A!   A!       A!       U!       *    A            A              X         E       U    U!        A
partially_filled  P!   P!       P!       U!       *    P            P              X         E       U    U!        P
filled            F!   F!       F        F!       *    F!           F              F         F!      F!   F!        F
cancelled         X!   X!       X!       X!       *    X!           X              X!        X!      X!   X!        X
rejected          R!   R!       A!       R!       *!   R!           R              X!        E!      R!   R         R
expired           E!   E!       E!       E!       *    E!           E              E!        E!      E!   E!        E
unknown           U!   U!       *        *        *    U            U              X         E       U    *         U
"""


def _table(text: str) -> dict[tuple[State, str], tuple[State | None, bool]]:
    head, *lines = text.strip().splitlines()
    kinds = head.split()
    rows = [line.split() for line in lines]
    return {
        (State(row[0]), kind): (_LETTERS.get(cell[0]), cell.endswith("!"))
        for row in rows
        for kind, cell in zip(kinds, row[1:], strict=True)
    }


#: By state and kind of event: the next state (None: by quantities), and whether the event is odd there.
TRANSITIONS = _table(_TABLE)
