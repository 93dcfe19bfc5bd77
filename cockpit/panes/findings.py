"""Pane 2 of the lab while the cursor is on a study: what may be believed of its best, in words first, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit import figures
from cockpit.panes.elsewhere import chance_lines, fold_lines, symbol_lines
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.panes.prices import bare, sign_tone
from cockpit.panes.result import span_lines
from cockpit.report import costs_words, paid_words, quote_of, sources_words, terms_words
from cockpit.study import (
    StudyReport,
    progress_words,
    short_params,
    study_title,
    wrapped,
)
from core.study_view import StudyRow

#: Verdict -> what it means, and its tone.
VERDICTS = {
    "holds": ("HOLDS: the best is more than the luck of so many trials.", "up"),
    "doubtful": ("DOUBTFUL: luck is not ruled out.", "warn"),
    "overfit": ("OVERFIT: what was best here is no better elsewhere.", "bad"),
}

#: Symbols whose costs are all told beside the verdict.
MOST_PAID = 3

_NONE = ("NO VERDICT: too few periods or trials to tell luck from skill.", "warn")


class FindingsPane(Facts, can_focus=True):
    """The study under the cursor."""

    NUMBER = 2
    TITLE = "Verdict"

    def paint(self, row: StudyRow | None, report: StudyReport | None, now_ns: int, word: str = "") -> None:
        """Show a study; `word` says why its findings are not there."""
        if row is not None:
            self.show_lines(f"{self.NUMBER} {self.TITLE}: {study_title(row)}", findings_lines(row, report, now_ns, self.room[0], word))


def findings_lines(
    row: StudyRow, report: StudyReport | None, now_ns: int, cells: int, word: str = "", *, whole: bool = False
) -> list[list[Part]]:
    """The verdict, the best, what other stretches of time, other symbols and chance say, and what was asked; of several symbols the folds
    of the best one, `whole`: of all."""
    lines: list[list[Part]] = []
    if row.state == "done" and report is not None and report.ranking:
        lines += [*_verdict(report, row, cells), *_best(report, row, cells)]
        lines += symbol_lines(report, row)
        judged = report.document.get("validations", [])
        if len(judged) > 1 and not whole:
            judged = [one for one in judged if one["symbol"] == report.ranking[0].get("symbol")]
        for one in judged:
            lines += [[], *fold_lines(one, row, report.varied, cells)]
        lines += chance_lines(report.document.get("monte_carlo") or {}, row, cells)
    elif row.state == "done":
        lines += [*wrapped(*VERDICTS.get(row.verdict or "", _NONE)[:1], cells), [Part(word, "muted")]]
    else:
        lines += state_lines(row, now_ns, cells)
    return [*lines, [], *asked_lines(row, cells), *_cost_lines(row, report, cells, whole=whole), *_rest(row, report, cells)]


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
    name = f"{best.get('strategy')}: " if len(row.order.strategies) > 1 else ""
    on = f" on {bare(str(best.get('symbol', '')))}" if row.series > 1 else ""
    yield from wrapped(name + short_params(best.get("params", {}), report.varied) + on, cells, "strong", "best")
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


def asked_lines(row: StudyRow, cells: int) -> list[list[Part]]:
    """What was asked for."""
    order = row.order
    lines = wrapped(sources_words(order.sources), cells, label="source")
    if row.series > 1 or order.symbols:
        some = ", ".join(order.symbols) or "all it holds"
        lines += wrapped(f"{f'{row.series}: ' if row.series > 1 else ''}{some}", cells, label="symbols")
    lines += span_lines(order)
    lines += wrapped(", ".join(order.strategies), cells, label="strategies" if len(order.strategies) > 1 else "strategy")
    lines += wrapped("  ".join([*order.ranges, *order.where]) or "none: each at its defaults", cells, label="ranges")
    if order.params:
        lines += wrapped(short_params(dict(order.params), []), cells, label="fixed")
    most = f", {order.trials:,} at most" if order.trials else ""
    seed = f", seed {order.seed}" if order.method != "grid" else ""
    lines.append(fact("method", Part(f"{order.method}{most}{seed}")))
    if order.validate:
        part = f", {100 * order.train:g} % to choose on" if order.validate in ("split", "rolling") else ""
        said = f"{order.validate}, {order.folds} folds{part}, embargo {order.embargo}"
        lines.append(fact("judged", Part(said)))
    if order.monte_carlo:
        lines.append(fact("monte carlo", Part(f"{order.monte_carlo:,} paths")))
    return lines + wrapped(terms_words(order.terms), cells, label="terms")


def _cost_lines(row: StudyRow, report: StudyReport | None, cells: int, *, whole: bool) -> list[list[Part]]:
    """What was asked of the costs; once it is known what was paid of each symbol, where there are many of that of the best."""
    paid = report.costs if report is not None else []
    if not paid:
        words = costs_words(row.order)
        return wrapped(words, cells, label="costs") if words else []
    shown = paid if whole or len(paid) <= MOST_PAID else [one for one in paid if one.symbol == row.symbol] or paid[:1]
    lines: list[list[Part]] = []
    for one in shown:
        whose = f"{bare(one.symbol)} " if len(paid) > 1 else ""
        lines += wrapped(f"{whose}{paid_words(one)}", cells, label=" " if lines else "costs")
    more = len(paid) - len(shown)
    return lines + (wrapped(f"enter has those of {more:,} more", cells, "muted", " ") if more else [])


def _rest(row: StudyRow, report: StudyReport | None, cells: int) -> list[list[Part]]:
    """Trials, time, and what failed."""
    lines: list[list[Part]] = []
    if row.done:
        kept = f", {row.kept:,} of them from before" if row.kept else ""
        lines.append(fact("trials", Part(f"{row.done:,}{kept}")))
    if row.ended_ns and row.started_ns:
        lines.append(fact("took", Part(figures.span((row.ended_ns - row.started_ns) / 1e3))))
    if report is not None and report.detail is not None:
        for note in report.detail.notes:
            lines += wrapped(f"note: {note}", cells, "warn")
        for symbol, why in report.detail.left_out.items():
            lines += wrapped(f"left out: {bare(symbol)}: {why}", cells, "warn")
    failed = report.document.get("failed", []) if report is not None else []
    for one in failed[:3]:
        lines += wrapped(f"failed: {short_params(one['params'], report.varied if report else [])}: {one['error']}", cells, "warn")
    if len(failed) > 3:
        lines.append([Part(f"and {len(failed) - 3:,} more that failed", "warn")])
    return lines
