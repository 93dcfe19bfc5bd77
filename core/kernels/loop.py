"""The loop: one function that paper-trades live, backtests, recovers and audits.

`advance` here is the source that `core.compile` bundles with one strategy's `step`; the switches below are
replaced by constants there, and what they turn off is cut out of the source before it is compiled. Run as it
is (JIT off) it is the reference.

The order of things on a tick: fill what is due, stops, `step`, latch, order, mark.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.kernels.book import detail, mark, mark_day, report
from core.kernels.features import FUNDED, GUARDED, HELD, LOTS, MARGINED, QUEUED, RESTING, SIZED, TIMED, TRIGGERED, VOLATILE
from core.kernels.funding import fund
from core.kernels.guards import adds, begin_day, hindered, seize, watch
from core.kernels.held import held_stop, strike, strike_bar
from core.kernels.margin import affordable, insolvent, liquidate, liquidate_inside
from core.kernels.orders import decide, expire, fill_due, fill_stop, hold_back, withhold
from core.kernels.queue import observe
from core.kernels.records import FLATTEN, REDUCE, SIGNAL, SIGNALLED, TAKE_PROFIT, TIME_STOP
from core.kernels.resting import gapped, resting
from core.kernels.sizing import unsized, wanted
from core.kernels.stops import bar_stop, entry_stop, stop_hit, stretch, trigger_stop
from core.kernels.timed import overdue
from core.kernels.volatility import sample

LEGS = 1  # books of the strategy
MAPPED = True  # ticks of several symbols: `legs` tells whose
BARS = False  # the source is BAR records: orders fill at opens, stops inside ranges
STOPS = True
LIMITED = True  # account limits, pause, blocks
EXTERNAL = False  # orders are the venue's to fill: stop at the order
OWNED = False  # the state has a field `own`
SIGNALS = False  # targets that change are told
REASONED = False  # the state has fields `confidence` and `reason`
JUDGED = False  # the state has a field `rejected`; cut out as features are
DETAILED = False  # the state has a field `detail`; the same
DETAILS = 0  # numbers in it

#: Most reports one tick may write: a mark, a fill, a stop's fill, and per leg a block, a cancel, an order; and a target,
#: where they are told, with its details.
ROOM = 3 + 3 * LEGS


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """Stands where a strategy's own `step` goes."""


def advance(
    ticks: Any,
    start: int,
    legs: Any,
    s: Any,
    mem: Any,
    p: Any,
    out: Any,
    books: Any,
    account: Any,
    terms: Any,
    limits: Any,
    reports: Any,
) -> tuple[int, int]:
    """Take ticks from `start` on; returns (next tick to take, reports written).

    The next tick is below `len(ticks)` when the reports ran full (drain and call again) or `account.error` is set.

    Args:
        ticks: TICK (or, with BARS, BAR) records in the order they are to be seen.
        start: the first one to take.
        legs: int32, leg number by symbol index, -1 for symbols that are not this strategy's;
            symbols beyond its end are not either.
        s, mem, p, out: state record, work array, parameter record, targets by leg.
        books: BOOK records by leg.
        account, terms, limits: ACCOUNT, TERMS and LIMITS records.
        reports: REPORT records to write to, at least ROOM of them.
    """
    n = 0
    full = reports.shape[0] - ROOM
    i = start
    while i < ticks.shape[0]:
        if n > full:
            break
        tick = ticks[i]
        leg = 0
        if MAPPED:
            leg = -1
            if tick.symbol < legs.shape[0]:
                leg = legs[tick.symbol]
            if leg < 0:
                i += 1
                continue
            if tick.leg != leg:  # rows that know it already may lie where nobody can write
                tick.leg = leg
        book = books[leg]
        price = tick.price
        written = n
        # a bar that closes at midnight belongs to the day it opened in
        when = tick.start if BARS else tick.ts
        if FUNDED and when >= account.next_funding:  # what is due by midnight belongs to the day that ends
            n = fund(account, books, terms, reports, n, tick, LEGS, when, min(when, account.next_mark))
        if when >= account.next_mark:
            if GUARDED:
                begin_day(account)
            n = mark_day(account, reports, n, tick, book, leg, when)
        if FUNDED and when >= account.next_funding:
            n = fund(account, books, terms, reports, n, tick, LEGS, when, when)
        if RESTING:
            fills = account.fills
            rested = resting(book)
            if rested and book.aim != book.position and tick.ts > book.expires:
                n = expire(book, terms, reports, n, tick, leg)
                rested = False
            if TRIGGERED and BARS:
                waited = book.limit
                if rested and terms.triggers != 0 and gapped(book, tick):  # filled at the open, as a market order
                    rested = False
        if HELD:
            before, struck = book.position, 0
            if not BARS and not EXTERNAL and terms.holds != 0 and before != 0.0:
                struck, n = strike(account, book, terms, limits, reports, n, tick, leg, price)
        if BARS:
            if book.aim != book.position and tick.start >= book.due:
                n = fill_due(account, book, terms, reports, n, tick, leg, tick.open)
        elif not EXTERNAL and book.aim != book.position and tick.ts >= book.due and (not HELD or struck == 0):
            n = fill_due(account, book, terms, reports, n, tick, leg, price)
        book.last = price
        if QUEUED and not BARS:
            observe(book, tick)
        if VOLATILE:
            sample(book, terms, tick.ts, price)
        if LIMITED:
            book.bid = tick.bid
            book.ask = tick.ask
        if MARGINED and not EXTERNAL and terms.margin_leverage > 0.0:
            if BARS:
                inside = rested and account.fills != fills if RESTING else False
                n = liquidate_inside(account, books, book, terms, reports, n, tick, leg, LEGS, inside, True)
            elif insolvent(account, books, terms, LEGS):
                n = liquidate(account, books, terms, reports, n, tick, leg, LEGS, price)
        fired = 0
        if HELD and not BARS and not EXTERNAL and terms.holds != 0:
            fired = struck
        elif STOPS and book.position != 0.0:
            if BARS:
                if TRIGGERED and terms.triggers != 0 and rested and account.fills != fills:
                    fired, level = trigger_stop(book, terms, tick, waited)
                elif RESTING and rested and account.fills != fills:
                    fired, level = entry_stop(book, terms, tick)
                elif HELD and terms.holds != 0:
                    fired, level = held_stop(book, terms, tick)
                else:
                    fired, level = bar_stop(book, terms, tick)
                if HELD and terms.holds != 0:
                    if fired != 0:
                        used = abs(book.position - before)
                        fired, n = strike_bar(account, book, terms, limits, reports, n, tick, leg, level, fired, used)
                elif fired != 0:
                    n = fill_stop(account, book, terms, limits, reports, n, tick, leg, level, fired)
            else:
                stretch(book, price)
                fired = stop_hit(book, terms, price)
        if MARGINED and BARS and not EXTERNAL and terms.margin_leverage > 0.0:
            n = liquidate_inside(account, books, book, terms, reports, n, tick, leg, LEGS, inside, False)
        if TIMED and not BARS and fired == 0 and book.position != 0.0 and overdue(book, terms, tick.ts):
            fired = TIME_STOP
        if GUARDED:
            flat = watch(account, books, book, terms, LEGS, tick.ts, price)
            barred = account.barred
            if LEGS == 1 and barred != 0 and adds(book, book.aim):  # an order that was on its way before
                n = withhold(account, book, terms, reports, n, tick, leg)
        if OWNED:
            s.own.position = book.position
            s.own.aim = book.aim
            s.own.entry = book.entry
        for k in range(LEGS):
            out[k] = np.nan
        if JUDGED:
            rejected = s.rejected
        step(s, mem, p, tick, out)
        for k in range(LEGS):
            target = out[k]
            other = books[k]
            quiet = target != target
            if not quiet:
                if target < 0.0 and terms.long_only != 0:
                    target = 0.0
                if SIGNALS and (target != other.opinion or (JUDGED and s.rejected != rejected and s.rejected != 0)):
                    n = report(reports, n, SIGNALLED, 0, tick, k, other, target, price if k == leg else other.last)
                    row = reports[n - 1]
                    row.fee = np.nan
                    row.realised = other.opinion
                    if REASONED:
                        row.fee = s.confidence
                        row.why = s.reason
                    if DETAILED:
                        n = detail(reports, n, tick, k, other, s.detail, DETAILS)
                if other.latched != 0 and target != other.latch:
                    other.latched = 0
                other.opinion = target
            if STOPS and fired != 0 and k == leg and (not HELD or terms.holds == 0 or other.latched != FLATTEN):
                other.latched = fired
                other.latch = other.opinion
            if GUARDED and flat != 0:
                seize(other, flat)
            if HELD and not EXTERNAL and terms.holds != 0 and other.latched == TAKE_PROFIT and other.latch * other.position > 0.0:
                continue  # what is left of the take-profit rests on
            why = SIGNAL
            want = 0.0
            if LIMITED and other.latched == REDUCE:  # what is left, or being left, is kept
                continue
            if other.latched != 0:
                why = other.latched
            elif quiet or ((LIMITED or MARGINED) and account.paused != 0):
                continue
            elif VOLATILE and unsized(other, terms, target):
                n = hold_back(other, reports, n, tick, k, target)
                if other.aim * target >= 0.0:
                    continue
            else:
                want = wanted(account, other, terms, target) if SIZED else target * terms.qty
            if want != other.aim:
                if abs(want) > 1e300 or want != want:
                    account.error = 1
                else:
                    if MARGINED:
                        other.affordable = affordable(account, books, terms, LEGS, k)
                    if GUARDED:
                        account.barred = hindered(account, books, other, terms, LEGS, tick.ts, want, s.confidence if REASONED else 1.0)
                    n = decide(account, other, terms, limits, reports, n, tick, k, want + 0.0, why)
                    if GUARDED:
                        account.barred = barred
            elif LIMITED or LOTS or VOLATILE or MARGINED or GUARDED:
                other.blocked = 0
        if book.position != 0.0 or n != written:
            mark(account, books, book, LEGS, price)
        account.ts = tick.ts
        account.ticks += 1
        i += 1
        if account.error != 0:
            break
    return i, n
