"""Rules about the machine and the desk around the market: disk, tape, workers, alerts, studies."""

from __future__ import annotations

from collections.abc import Iterable

from core.copilot.advice import Advice, Evidence
from core.copilot.facts import Facts
from core.copilot.offers import acknowledging, calming

#: A disk that is full within so many days, told once so many hours were looked at.
FULL_DAYS, DISK_HOURS = 14.0, 0.5

#: Ids missing from the tape: this many more than half an hour ago.
MORE_GAPS = 10

#: Restarts of a worker in an hour, firings of an alert rule in an hour.
RESTARTS, FIRINGS = 3, 20

#: Alerts that nobody has seen for so long, s, and studies that ended less than so long ago.
UNSEEN_S, FRESH_S = 900.0, 3600.0


def disk_known(facts: Facts, subject: str) -> bool:
    """Whether the rate is known."""
    return facts.disk_day is not None and facts.disk_hours >= DISK_HOURS


def disk(facts: Facts) -> Iterable[Advice]:
    """A disk that runs full."""
    if facts.disk_free is None or not facts.disk_day or facts.disk_day <= 0 or facts.disk_hours < DISK_HOURS:
        return
    days = facts.disk_free / facts.disk_day
    if days > FULL_DAYS:
        return
    yield Advice(
        "disk", "disk", "now" if days < 1 else "soon" if days < 3 else "note",
        f"the disk is full in {days:.1f} days at this rate" if days >= 1 else f"the disk is full in {24 * days:.0f} h at this rate",
        "When it is full, recording waits in memory and then stops; store.keep_days and store.keep_gb bound the tape.",
        (
            Evidence("free", facts.disk_free / 1e9, "GB"), Evidence("fewer a day", facts.disk_day / 1e9, "GB"),
            Evidence("looked at for", facts.disk_hours, "h"),
        ),
        1 / max(days, 0.01), (),
    )  # fmt: skip


def gaps_grow(facts: Facts) -> Iterable[Advice]:
    """More and more is missing from the tape."""
    if facts.gaps_before is None or facts.gaps - facts.gaps_before < MORE_GAPS:
        return
    more = facts.gaps - facts.gaps_before
    yield Advice(
        "gaps", "tape", "soon", f"{facts.gaps:,} prints are missing from the tape, {more:,} more than half an hour ago",
        "What is missing is fetched from the venue; where it grows, the venue does not answer or more is lost than comes back.",
        (Evidence("missing", facts.gaps, "prints"), Evidence("half an hour ago", facts.gaps_before, "prints")),
        float(facts.gaps), (),
    )  # fmt: skip


def gaps_known(facts: Facts, subject: str) -> bool:
    """Whether it is known how many there were."""
    return facts.gaps_before is not None


def restarts(facts: Facts) -> Iterable[Advice]:
    """A worker that dies again and again."""
    for worker in facts.workers:
        if worker.restarts_hour < RESTARTS:
            continue
        yield Advice(
            "restarts", f"worker {worker.number}", "soon",
            f"worker {worker.number} restarted {worker.restarts_hour} times in an hour{f': {worker.last_end}' if worker.last_end else ''}",
            f"Meanwhile its strategies wait: {', '.join(worker.strategies[:4]) or 'none'}. A strategy of it ends it, or the memory does.",
            (
                Evidence("restarts", worker.restarts_hour, "an hour"), Evidence("last end", worker.last_end or None),
                Evidence("strategies on it", len(worker.strategies)),
            ),
            float(worker.restarts_hour), (),
        )  # fmt: skip


def fires_often(facts: Facts) -> Iterable[Advice]:
    """An alert rule that fires so often that nobody listens."""
    for rule in facts.alert_rules:
        if rule.fired_hour < FIRINGS:
            continue
        cooldown = max(600.0, 2 * rule.cooldown_s)
        yield Advice(
            "alert often", rule.id, "note", f"{rule.id} fired {rule.fired_hour} times in an hour: {rule.sentence}",
            "A price that moves about a level crosses it often: a longer cooldown, or a level further off, says it once.",
            (Evidence("fired", rule.fired_hour, "an hour"), Evidence("cooldown", rule.cooldown_s, "s"),
             Evidence("cooldown offered", cooldown, "s")),
            float(rule.fired_hour), calming(rule, min(cooldown, 604_800.0)),
        )  # fmt: skip


def unseen(facts: Facts) -> Iterable[Advice]:
    """Alerts nobody has seen."""
    if not facts.unseen or facts.unseen_s < UNSEEN_S:
        return
    yield Advice(
        "unseen", "alerts", "note",
        f"{facts.unseen:,} alert{'s' * (facts.unseen != 1)} nobody has seen, the oldest for {facts.unseen_s / 60:,.0f} min: "
        f"{facts.unseen_text}",
        "What is open and unseen hides what comes next.",
        (Evidence("unseen", facts.unseen), Evidence("the oldest", facts.unseen_s, "s"), Evidence("says", facts.unseen_text)),
        float(facts.unseen), (acknowledging(),),
    )  # fmt: skip


def study_ended(facts: Facts) -> Iterable[Advice]:
    """A study that is done and waits to be read."""
    for study in facts.studies:
        if study.ago_s > FRESH_S or study.state not in ("done", "failed"):
            continue
        found = f"its verdict: {study.verdict}" if study.verdict else study.line or "read it in the lab (F2)"
        yield Advice(
            "study", study.id, "note", f"{study.id} ({study.strategy}) is {study.state}: {found}",
            "F2 shows it; what holds can be registered there with one key." if study.state == "done" else "F2 shows why.",
            (Evidence("state", study.state), Evidence("verdict", study.verdict or None), Evidence("ended", study.ago_s, "s ago")),
            1.0, (),
        )  # fmt: skip
