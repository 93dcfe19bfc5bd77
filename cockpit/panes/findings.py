"""Pane 2 of the lab while the cursor is on a study: what may be believed of its best, in words first, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cockpit import figures
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.panes.prices import sign_tone
from cockpit.report import quote_of, source_words, span_words, stamp, terms_words
from cockpit.study import StudyReport, progress_words, short_params, study_title, wrapped
from cockpit.text import clean
from core.study_view import StudyRow

#: Verdict -> what it means, and its tone.
VERDICTS = {
    "holds": ("HOLDS: the best is more than the luck of so many trials.", "up"),
    "doubtful": ("DOUBTFUL: luck is not ruled out.", "warn"),
    "overfit": ("OVERFIT: what was best here is no better elsewhere.", "bad"),
}

#: Cells from which on a fold's line says how long it lasted.
WITH_LENGTH = 72

_NONE = ("NO VERDICT: too few periods or trials to tell luck from skill.", "warn")


class FindingsPane(Facts, can_focus=True):
    """The study under the cursor."""

    NUMBER = 2
    TITLE = "Verdict"

    def paint(self, row: StudyRow | None, report: StudyReport | None, now_ns: int, word: str = "") -> None:
        """Show a study; `word` says why its findings are not there."""
        if row is not None:
            self.show_lines(f"{self.NUMBER} {self.TITLE}: {study_title(row)}", findings_lines(row, report, now_ns, self.room[0], word))


def findings_lines(row: StudyRow, report: StudyReport | None, now_ns: int, cells: int, word: str = "") -> list[list[Part]]:
    """The verdict, the best, what other stretches of time say, and what was asked."""
    lines: list[list[Part]] = []
    if row.state == "done" and report is not None and report.ranking:
        lines += [*_verdict(report, row, cells), *_best(report, row, cells)]
        for one in report.document.get("validations", []):
            lines += [[], *fold_lines(one, quote_of(row.symbol), report.varied, cells)]
    elif row.state == "done":
        lines += [*wrapped(*VERDICTS.get(row.verdict or "", _NONE)[:1], cells), [Part(word, "muted")]]
    else:
        lines += state_lines(row, now_ns, cells)
    return [*lines, [], *asked_lines(row, cells), *_rest(row, report, cells)]


def state_lines(row: StudyRow, now_ns: int, cells: int) -> list[list[Part]]:
    """Of a study without findings: how far it is, or why there are none."""
    kept = "What was tried is kept: the same study (s) goes on from there."
    if row.state == "queued":
        return [[Part("waits for its turn; x takes it out", "muted")]]
    if row.state == "running":
        return [*wrapped(progress_words(row, now_ns), cells, "up"), *wrapped(f"x cancels it. {kept}", cells, "muted")]
    tone = "bad" if row.state == "failed" else "muted"
    return [*wrapped(f"{row.state}: {row.line}", cells, tone), *(wrapped(kept, cells, "muted") if row.done else [])]


def _verdict(report: StudyReport, row: StudyRow, cells: int) -> Iterator[list[Part]]:
    document, best = report.document, report.ranking[0]
    words, tone = VERDICTS.get(document.get("verdict") or "", _NONE)
    yield from wrapped(words, cells, tone)
    pbo, deflated = document.get("pbo"), best.get("deflated_sharpe")
    counted = document.get("trials_counted", document.get("trials", row.done))
    yield _figure("PBO", None if pbo is None else f"{100 * pbo:.0f} %", "of splits where choosing was wrong")
    yield _figure("deflated", None if deflated is None else f"{100 * deflated:.0f} %", f"likely Sharpe > 0 after {counted:,} trials")
    if document.get("spa") is not None:
        yield _figure("SPA", f"{100 * document['spa']:.0f} %", "likely that luck does as well")
    plateau = best.get("plateau")
    yield _figure("plateau", None if plateau is None else f"{100 * plateau:.0f} %", "of it is what its neighbours make")


def _figure(name: str, value: str | None, means: str) -> list[Part]:
    return fact(name, Part(f"{value or figures.NONE:>6}"), Part(f"  {means}", "muted"))


def _best(report: StudyReport, row: StudyRow, cells: int) -> Iterator[list[Part]]:
    best, money = report.ranking[0], quote_of(row.symbol)
    net, sharpe, wins = best.get("net_pnl"), best.get("sharpe"), best.get("win_rate")
    yield []
    several = len(row.order.strategies) > 1
    name = f"{best.get('strategy')}: " if several else ""
    yield from wrapped(name + short_params(best.get("params", {}), report.varied), cells, "strong", "best")
    yield fact("net P&L", Part(figures.signed(net), sign_tone(net or 0.0)), Part(f" {money}, Sharpe {figures.number(sharpe)}", "muted"))
    fall = figures.magnitude(best.get("max_drawdown_pct"))
    won = f", {100 * wins:.0f} % won" if wins is not None else ""
    yield fact("drawdown", Part(f"{fall} %"), Part(f", {best.get('trades', 0):,} trades{won}", "muted"))
    if report.detail is not None and report.detail.curves:
        room = max(10, min(40, cells - 30))
        yield fact(
            "equity", Part(figures.spark(report.detail.curves[0], room).strip()), Part(f"  to {report.detail.curves[0][-1]:,.2f}", "muted")
        )
    for line in report.document.get("advice", []):
        if line.startswith("Against it: "):
            yield from wrapped(line.removeprefix("Against it: "), cells, "warn", "against it")


def fold_lines(one: dict[str, Any], money: str, varied: list[str], cells: int) -> list[list[Part]]:
    """A validation: what it came to, then a line a fold; how long each lasted where there is room."""
    folds, kept = one["folds"], one.get("efficiency")
    lost = sum(fold["test_pnl"] < 0 for fold in folds)
    said = f", {100 * kept:.0f} % of training kept" if kept is not None else ""
    head = [
        Part(f"out of sample ({clean(str(one['way']))}) ", "muted"),
        Part(f"{figures.signed(one['test_pnl'])} {money}", sign_tone(one["test_pnl"])),
    ]
    lines = [head, [Part(f"{lost} of {len(folds)} folds lost{said}", "warn" if 2 * lost > len(folds) else "muted")]]
    long = cells >= WITH_LENGTH
    titles = f"{'tested from UTC':<16} {'for':>7} " if long else f"{'tested from UTC':<16} "
    lines.append([Part(f"{titles}{'trained':>10} {'tested':>10}  chosen", "muted")])
    return [*lines, *(_fold(fold, varied, long) for fold in folds)]


def _fold(fold: dict[str, Any], varied: list[str], long: bool) -> list[Part]:
    start, end = fold["test"]
    length = f"{span_words(start, end) if start else '':>7} " if long else ""
    return [
        Part(f"{stamp(start)[:16] if start else 'the beginning':<16} {length}"),
        Part(f"{figures.signed(fold['train_pnl']):>10} ", "muted"),
        Part(f"{figures.signed(fold['test_pnl']):>10}", sign_tone(fold["test_pnl"])),
        Part(f"  {short_params(fold['params'], varied)}", "muted"),
    ]


def asked_lines(row: StudyRow, cells: int) -> list[list[Part]]:
    """What was asked for."""
    order = row.order
    lines = [fact("source", Part(source_words(order.source)))]
    for name, when in (("not before", order.from_ns), ("not after", order.to_ns)):
        lines += [fact(name, Part(f"{stamp(when)} UTC"))] if when is not None else []
    lines += [fact("gaps", Part("allowed"))] if order.allow_gaps else []
    lines += wrapped(", ".join(order.strategies), cells, label="strategies" if len(order.strategies) > 1 else "strategy")
    lines += wrapped("  ".join([*order.ranges, *order.where]) or "none: each at its defaults", cells, label="ranges")
    if order.params:
        lines += wrapped(short_params(dict(order.params), []), cells, label="fixed")
    most = f", {order.trials:,} at most" if order.trials else ""
    seed = f", seed {order.seed}" if order.method != "grid" else ""
    lines.append(fact("method", Part(f"{order.method}{most}{seed}")))
    return lines + wrapped(terms_words(order.terms), cells, label="terms")


def _rest(row: StudyRow, report: StudyReport | None, cells: int) -> list[list[Part]]:
    """Trials, time, and what failed."""
    lines: list[list[Part]] = []
    if row.done:
        kept = f", {row.kept:,} of them from before" if row.kept else ""
        lines.append(fact("trials", Part(f"{row.done:,}{kept}")))
    if row.ended_ns and row.started_ns:
        lines.append(fact("took", Part(figures.span((row.ended_ns - row.started_ns) / 1e3))))
    failed = report.document.get("failed", []) if report is not None else []
    for one in failed[:3]:
        lines += wrapped(f"failed: {short_params(one['params'], report.varied if report else [])}: {one['error']}", cells, "warn")
    if len(failed) > 3:
        lines.append([Part(f"and {len(failed) - 3:,} more that failed", "warn")])
    return lines
