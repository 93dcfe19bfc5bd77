"""The advice that stands: raised, folded, dismissed, ended and judged by looks at the facts. Pure: the time is that of the facts.

One line a rule and subject. It is raised by the second look in a row that says so, ends with the fifth that does not, and coming
again within ten minutes it is the same line: nothing flickers. What a rule cannot tell does not end its lines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from core.copilot.advice import Advice, Urgency, worse
from core.copilot.entry import Entry
from core.copilot.facts import Facts
from core.copilot.rule import Rule

SECOND = 1_000_000_000

#: Looks in a row that raise a line, or make it more urgent; and that end it, or make it less urgent.
RAISE, END = 2, 5

#: A line that comes again so soon is the same one; a dismissal holds for so long after its line was last seen.
AGAIN_NS, HOLDS_NS = 600 * SECOND, 86_400 * SECOND

#: What was dismissed comes back where its weight grew by so much.
GREW = 1.5

#: Lines that are over and kept at hand.
PAST = 200

#: A line that goes on is written this often.
WRITE_NS = 60 * SECOND

Key = tuple[str, str]


class Board:
    """All lines.

    Args:
        rules: those that are looked by.

    Attributes:
        lines: that last, by rule and subject, those that nobody wants to see too.
        past: that are over, the newest last.
        mutes: rule and subject ('' any) -> until when nothing is said of them.
        scores: by rule: how often it was right, and how often that could be told.
        number: of the newest line.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self.lines: dict[Key, Entry] = {}
        self.past: deque[Entry] = deque(maxlen=PAST)
        self.mutes: dict[Key, int] = {}
        self.scores: dict[str, tuple[int, int]] = {}
        self.number = 0
        self._coming: dict[Key, int] = {}
        self._changed: dict[str, Entry] = {}

    def recall(self, entries: Iterable[Entry]) -> None:
        """Lines of an earlier engine, oldest first."""
        for entry in entries:
            if entry.rule not in self.rules or entry.ended_ns:
                self.past.append(entry)
            else:
                self.lines[entry.key] = entry

    def look(self, facts: Facts) -> None:
        """Look by every rule."""
        said: dict[Key, Advice] = {}
        for rule in self.rules.values():
            for advice in rule.look(facts):
                said[advice.rule, advice.subject] = advice
        for key, advice in said.items():
            entry = self.lines.get(key)
            if entry is not None:
                self._go_on(entry, advice, facts.now_ns)
            elif self._coming.get(key, 0) + 1 >= RAISE:
                self._raise(advice, facts)
        self._coming = {key: self._coming.get(key, 0) + 1 for key in said if key not in self.lines}
        for key in [key for key in self.lines if key not in said]:
            self._miss(self.lines[key], facts)
        self._judge(facts)

    def shown(self, now_ns: int) -> list[Entry]:
        """The lines somebody should see, the most urgent first, of these the newest."""
        seen = [entry for entry in self.lines.values() if not entry.dismissed_ns and not self.muted(*entry.key, now_ns)]
        order: dict[Urgency, int] = {"now": 0, "soon": 1, "note": 2}
        return sorted(seen, key=lambda entry: (order[entry.urgency], -entry.raised_ns, entry.id))

    def muted(self, rule: str, subject: str, now_ns: int) -> bool:
        """Whether nothing is to be said of them now."""
        return any(now_ns < self.mutes.get(key, 0) for key in ((rule, subject), (rule, ""), ("", subject)))

    def dismiss(self, entry: Entry, now_ns: int) -> None:
        """Somebody waved it away."""
        entry.dismissed_ns, entry.dismissed_weight, entry.dismissed_urgency, entry.growing = now_ns, entry.weight, entry.urgency, 0
        self._note(entry)

    def act(self, entry: Entry, what: str, facts: Facts) -> None:
        """Something was done about it: its figures are those of that moment, where they are known."""
        if entry.acted or entry.outcome:
            return
        entry.acted, entry.acted_ns = what, facts.now_ns
        entry.before |= self.rules[entry.rule].measure(facts, entry.subject)
        self._note(entry)

    def changes(self, now_ns: int) -> list[Entry]:
        """Lines to be written, once each."""
        due = [entry for entry in self.lines.values() if now_ns - entry.written_ns >= WRITE_NS and entry.seen_ns > entry.written_ns]
        found = {**self._changed, **{entry.id: entry for entry in due}}
        self._changed.clear()
        for entry in found.values():
            entry.written_ns = now_ns
        return list(found.values())

    def _raise(self, advice: Advice, facts: Facts) -> None:
        now = facts.now_ns
        before = next((entry for entry in reversed(self.past) if entry.key == (advice.rule, advice.subject)), None)
        if self.muted(advice.rule, advice.subject, now):
            return
        if before is not None and before.dismissed_ns and now - before.seen_ns < HOLDS_NS and not _grew(before, advice):
            return
        if before is not None and now - before.ended_ns < AGAIN_NS and not before.dismissed_ns:
            self.past.remove(before)
            entry, entry.ended_ns = before, 0
        else:
            self.number += 1
            entry = Entry(f"advice-{self.number}", advice.rule, advice.subject, advice.urgency, advice.text, now, now)
            entry.before = dict(self.rules[advice.rule].measure(facts, advice.subject))
        entry.take(advice, now)
        self.lines[entry.key] = entry
        self._note(entry)

    def _go_on(self, entry: Entry, advice: Advice, now_ns: int) -> None:
        entry.take(advice, now_ns)
        if advice.urgency == entry.urgency:
            entry.turning = 0
        else:
            up = worse(advice.urgency, entry.urgency)
            entry.turning = max(0, entry.turning) + 1 if up else min(0, entry.turning) - 1
            if entry.turning >= RAISE or entry.turning <= -END:
                entry.urgency, entry.turning = advice.urgency, 0
                self._note(entry)
        if entry.dismissed_ns:
            entry.growing = entry.growing + 1 if _grew(entry, advice) else 0
            if entry.growing >= RAISE:
                entry.dismissed_ns = entry.growing = 0
                self._note(entry)

    def _miss(self, entry: Entry, facts: Facts) -> None:
        if not self.rules[entry.rule].known(facts, entry.subject):
            return
        entry.away += 1
        if entry.away >= END:
            del self.lines[entry.key]
            entry.ended_ns, entry.away = facts.now_ns, 0
            self.past.append(entry)
            self._note(entry)

    def _judge(self, facts: Facts) -> None:
        for entry in [*self.lines.values(), *self.past]:
            rule = self.rules.get(entry.rule)
            if entry.outcome or rule is None:
                continue
            wait = int(rule.after_s * SECOND)
            late = facts.now_ns - max(entry.raised_ns, entry.acted_ns) - wait
            if late < 0:
                continue
            if entry.recalled and late > wait:
                entry.outcome, entry.told = "unknown", "no engine ran when it was to be judged"
            else:
                lasted = (facts.now_ns if entry.key in self.lines else entry.seen_ns) - entry.raised_ns
                over = 0.0 if self.lines.get(entry.key) is entry else 1.0
                entry.after = {**rule.measure(facts, entry.subject), "lasted_s": lasted / SECOND, "over": over}
                hit, entry.told = rule.law(entry.before, entry.after, entry.acted)
                entry.outcome = "unknown" if hit is None else "hit" if hit else "miss"
                if hit is not None:
                    hits, judged = self.scores.get(entry.rule, (0, 0))
                    self.scores[entry.rule] = hits + hit, judged + 1
            entry.judged_ns = facts.now_ns
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        self._changed[entry.id] = entry


def _grew(entry: Entry, advice: Advice) -> bool:
    """Whether it is clearly worse than what was dismissed."""
    return advice.weight >= GREW * entry.dismissed_weight or worse(advice.urgency, entry.dismissed_urgency)
