"""The relations of both databases, as the steps that build them. Add a step to change them; never edit one.

In the tape a price or quantity that is an INTEGER counts decimal units (a quote: its distance from the price), a REAL is the number
itself. Rows of version 1 (`flags` below 15) count ns and units of 1e-8; later ones say in `flags` what they do, see core.store.row_units.
The view `ticks` gives back the very same bits of all of them, with nothing but what any SQLite can do.
`zones` is a sparse index: within a bucket of time or of seq, a series' ids lie in [lo_id, hi_id]. Ids and times of a
venue run together, so that finds an hour as well as a full index would, at none of its cost a row. The axis `import` is that of
time once more, of the prints that were imported.
"""

from __future__ import annotations

from core.store.schema import Schema

_TAPE_1 = (
    "CREATE TABLE series(series INTEGER PRIMARY KEY, symbol TEXT NOT NULL, stream TEXT NOT NULL, UNIQUE(symbol, stream))",
    """CREATE TABLE tick_rows(
        series INTEGER NOT NULL, id INTEGER NOT NULL,
        ts INTEGER NOT NULL, lag INTEGER NOT NULL, seq INTEGER NOT NULL,
        price NOT NULL CHECK(price > 0 AND price < 1e300), qty NOT NULL CHECK(qty > 0 AND qty < 1e300), bid, ask,
        flags INTEGER NOT NULL, PRIMARY KEY(series, id)) WITHOUT ROWID""",
    """CREATE TABLE zones(
        axis TEXT NOT NULL, series INTEGER NOT NULL, bucket INTEGER NOT NULL, lo_id INTEGER NOT NULL, hi_id INTEGER NOT NULL,
        PRIMARY KEY(axis, series, bucket)) WITHOUT ROWID""",
    """CREATE VIEW ticks(symbol, stream, ts_ns, recv_ns, seq, trade_id, price, qty, bid, ask, side, origin) AS
        SELECT s.symbol, s.stream, t.ts, t.ts + t.lag, t.seq, t.id,
            CASE typeof(t.price) WHEN 'integer' THEN t.price / 1e8 ELSE t.price END,
            CASE typeof(t.qty) WHEN 'integer' THEN t.qty / 1e8 ELSE t.qty END,
            CASE typeof(t.bid) WHEN 'integer' THEN (t.price - t.bid) / 1e8 ELSE t.bid END,
            CASE typeof(t.ask) WHEN 'integer' THEN (t.price + t.ask) / 1e8 ELSE t.ask END,
            t.flags % 3 - 1, t.flags / 3
        FROM series s JOIN tick_rows t USING(series)""",
    """CREATE TABLE chunks(
        symbol TEXT NOT NULL, stream TEXT NOT NULL, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL,
        first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
        count INTEGER NOT NULL, codec TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY(symbol, stream, first_id))""",
    """CREATE TABLE gaps(
        symbol TEXT NOT NULL, stream TEXT NOT NULL, from_id INTEGER NOT NULL, to_id INTEGER NOT NULL,
        from_ns INTEGER, to_ns INTEGER, state TEXT NOT NULL CHECK(state IN ('open', 'filled', 'lost')), cause TEXT NOT NULL,
        PRIMARY KEY(symbol, stream, from_id)) WITHOUT ROWID""",
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
)

_PRICE_SCALE = """CASE WHEN t.flags < 15 THEN 1e8 ELSE CASE (t.flags - 15) / 135 % 7
                WHEN 0 THEN 1e2 WHEN 1 THEN 1e3 WHEN 2 THEN 1e4 WHEN 3 THEN 1e5 WHEN 4 THEN 1e6 WHEN 5 THEN 1e7 ELSE 1e8 END END"""
_QTY_SCALE = """CASE WHEN t.flags < 15 THEN 1e8 ELSE CASE (t.flags - 15) / 15 % 9 WHEN 0 THEN 1e0 WHEN 1 THEN 1e1
                WHEN 2 THEN 1e2 WHEN 3 THEN 1e3 WHEN 4 THEN 1e4 WHEN 5 THEN 1e5 WHEN 6 THEN 1e6 WHEN 7 THEN 1e7 ELSE 1e8 END END"""
_TS_NS = """CASE WHEN t.flags < 15 THEN t.ts ELSE 1830297600000000000 + t.ts * CASE (t.flags - 15) / 945
                WHEN 0 THEN 1000 WHEN 1 THEN 1000000 WHEN 2 THEN 1000 ELSE 1 END END"""
_LAG_NS = "t.lag * CASE WHEN t.flags BETWEEN 15 AND 1904 THEN 1000 ELSE 1 END"

_TAPE_UNITS = (
    "DROP VIEW ticks",
    f"""CREATE VIEW ticks(symbol, stream, ts_ns, recv_ns, seq, trade_id, price, qty, bid, ask, side, origin) AS
        SELECT s.symbol, s.stream,
            {_TS_NS},
            {_TS_NS} + {_LAG_NS},
            t.seq, t.id,
            CASE typeof(t.price) WHEN 'integer' THEN t.price / {_PRICE_SCALE} ELSE t.price END,
            CASE typeof(t.qty) WHEN 'integer' THEN t.qty / {_QTY_SCALE} ELSE t.qty END,
            CASE typeof(t.bid) WHEN 'integer' THEN (t.price - t.bid) / {_PRICE_SCALE} ELSE t.bid END,
            CASE typeof(t.ask) WHEN 'integer' THEN (t.price + t.ask) / {_PRICE_SCALE} ELSE t.ask END,
            t.flags % 3 - 1, t.flags / 3 % 5
        FROM series s JOIN tick_rows t USING(series)""",
)

TAPE = Schema("tape", 0x434B5450, (_TAPE_1, _TAPE_UNITS))

_LEDGER_1 = (
    """CREATE TABLE commands(
        command_id TEXT NOT NULL UNIQUE, after_seq INTEGER, ts_ns INTEGER NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
        payload TEXT NOT NULL)""",
    """CREATE TABLE fills(
        fill_id TEXT NOT NULL UNIQUE, strategy_id TEXT NOT NULL, symbol TEXT NOT NULL,
        side TEXT NOT NULL CHECK(side IN ('buy', 'sell')), qty REAL NOT NULL CHECK(qty > 0), price REAL NOT NULL CHECK(price > 0),
        fee REAL NOT NULL, realised REAL NOT NULL, position REAL NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL,
        tick_id INTEGER, order_id TEXT NOT NULL, mode TEXT NOT NULL)""",
    "CREATE INDEX fills_of_strategy ON fills(strategy_id, ts_ns)",
    "CREATE INDEX fills_by_seq ON fills(seq)",
    """CREATE TABLE orders(
        order_id TEXT NOT NULL UNIQUE, strategy_id TEXT NOT NULL, symbol TEXT NOT NULL, state TEXT NOT NULL, target REAL NOT NULL,
        position REAL NOT NULL, decided_ns INTEGER NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL, ts_ns INTEGER NOT NULL)""",
    "CREATE INDEX orders_of_strategy ON orders(strategy_id, ts_ns)",
    """CREATE TABLE snapshots(
        strategy_id TEXT NOT NULL, seq INTEGER NOT NULL, ts_ns INTEGER NOT NULL, layout_hash TEXT NOT NULL, source_hash TEXT NOT NULL,
        state BLOB NOT NULL, payload TEXT NOT NULL)""",
    "CREATE INDEX snapshots_of_strategy ON snapshots(strategy_id)",
    """CREATE TABLE alerts(
        alert_id TEXT NOT NULL UNIQUE, ts_ns INTEGER NOT NULL, level TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL)""",
    """CREATE TABLE runs(
        run_id TEXT NOT NULL UNIQUE, ts_ns INTEGER NOT NULL, kind TEXT NOT NULL, strategy TEXT NOT NULL, source TEXT NOT NULL,
        params TEXT NOT NULL, result TEXT NOT NULL)""",
    "CREATE TABLE sources(hash TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE sessions(
        session_id TEXT NOT NULL UNIQUE, started_ns INTEGER NOT NULL, ended_ns INTEGER, mode TEXT NOT NULL,
        first_seq INTEGER NOT NULL, fingerprint TEXT NOT NULL)""",
    """CREATE TABLE equity(
        strategy_id TEXT NOT NULL, ts_ns INTEGER NOT NULL, equity REAL NOT NULL, PRIMARY KEY(strategy_id, ts_ns)) WITHOUT ROWID""",
)

_LEDGER_ALERTS = (
    "ALTER TABLE alerts ADD COLUMN rule_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE alerts ADD COLUMN acked_ns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE alerts ADD COLUMN snoozed_ns INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE alert_marks(name TEXT PRIMARY KEY, payload TEXT NOT NULL) WITHOUT ROWID",
)

_LEDGER_OUTBOX = (
    """CREATE TABLE outbox(
        post_id INTEGER PRIMARY KEY, channel TEXT NOT NULL, alert_id TEXT NOT NULL,
        event TEXT NOT NULL CHECK(event IN ('raised', 'resolved')), level TEXT NOT NULL, ts_ns INTEGER NOT NULL, body TEXT NOT NULL,
        state TEXT NOT NULL CHECK(state IN ('waiting', 'sent', 'failed', 'folded')), tries INTEGER NOT NULL, due_ns INTEGER NOT NULL,
        held INTEGER NOT NULL, error TEXT NOT NULL, UNIQUE(channel, alert_id, event))""",
    "CREATE INDEX outbox_of_channel ON outbox(channel, state, due_ns)",
)

_LEDGER_ADVICE = (
    """CREATE TABLE advice(
        advice_id TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, subject TEXT NOT NULL, raised_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL,
        ended_ns INTEGER NOT NULL, urgency TEXT NOT NULL CHECK(urgency IN ('now', 'soon', 'note')), text TEXT NOT NULL,
        evidence TEXT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL CHECK(outcome IN ('', 'hit', 'miss', 'unknown')),
        figures TEXT NOT NULL)""",
    "CREATE TABLE advice_mutes(name TEXT PRIMARY KEY, until_ns INTEGER NOT NULL) WITHOUT ROWID",
)

_LEDGER_SIGNALS = (
    """CREATE TABLE signals(
        signal_id TEXT NOT NULL UNIQUE, strategy_id TEXT NOT NULL, symbol TEXT NOT NULL,
        side TEXT NOT NULL CHECK(side IN ('buy', 'sell', 'hold')), target REAL NOT NULL, before REAL, confidence REAL, reason TEXT NOT NULL,
        price REAL NOT NULL, position REAL NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL)""",
    "CREATE INDEX signals_of_strategy ON signals(strategy_id, ts_ns)",
)

# Amounts are decimal texts: a venue's, digit for digit. The mark `home` is what client order ids are made of, one a ledger for ever.
_LEDGER_ORDERS = (
    """CREATE TABLE order_intents(
        client_id TEXT NOT NULL UNIQUE, strategy_id TEXT NOT NULL, number INTEGER NOT NULL CHECK(number > 0), symbol TEXT NOT NULL,
        ts_ns INTEGER NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL, settled INTEGER NOT NULL CHECK(settled IN (0, 1)),
        UNIQUE(strategy_id, number))""",
    "CREATE INDEX orders_unsettled ON order_intents(settled) WHERE settled = 0",
    """CREATE TABLE order_events(
        client_id TEXT NOT NULL, n INTEGER NOT NULL CHECK(n > 0), ts_ns INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL,
        PRIMARY KEY(client_id, n)) WITHOUT ROWID""",
    "CREATE TABLE order_holdings(asset TEXT PRIMARY KEY, qty TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE order_findings(ts_ns INTEGER NOT NULL, asset TEXT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE order_marks(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "INSERT INTO order_marks(name, value) VALUES('home', lower(hex(randomblob(16))))",
)

# What a person runs (a session and how it is, as JSON), the account's lever, and what was not ordered.
_LEDGER_DESK = (
    """CREATE TABLE desk_sessions(
        session_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, state TEXT NOT NULL CHECK(state IN ('running', 'paused', 'stopped')),
        since_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL, payload TEXT NOT NULL)""",
    "CREATE TABLE desk_marks(name TEXT PRIMARY KEY, payload TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE blocks(
        block_id TEXT NOT NULL UNIQUE, strategy_id TEXT NOT NULL, symbol TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
        qty REAL NOT NULL, price REAL NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL)""",
    "CREATE INDEX blocks_of_strategy ON blocks(strategy_id, ts_ns)",
)

# `told` says, by strategy, after which seq it heard this: a JSON object. `seq` is the newest the engine had given then.
_LEDGER_HEARD = (
    """CREATE TABLE heard(
        heard_id INTEGER PRIMARY KEY, source TEXT NOT NULL, symbol TEXT NOT NULL,
        side TEXT NOT NULL CHECK(side IN ('buy', 'sell', 'hold', 'abstain')), confidence REAL, reason TEXT NOT NULL,
        metadata TEXT NOT NULL, price REAL, latency_ns INTEGER NOT NULL, ts_ns INTEGER NOT NULL, until_ns INTEGER NOT NULL,
        seq INTEGER NOT NULL, told TEXT NOT NULL)""",
    "CREATE INDEX heard_by_seq ON heard(seq)",
)

# What an order is: '' and NULL of those that were kept before this was. What was filled of it is told by its fills.
_LEDGER_ORDER_KINDS = (
    "ALTER TABLE orders ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE orders ADD COLUMN qty REAL",
    "ALTER TABLE orders ADD COLUMN limit_price REAL",
    "CREATE INDEX fills_of_order ON fills(order_id)",
)

_LEDGER_ACCOUNT = (
    "ALTER TABLE signals ADD COLUMN outcome TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE funding(
        funding_id TEXT NOT NULL UNIQUE, strategy_id TEXT NOT NULL, symbol TEXT NOT NULL, paid REAL NOT NULL, position REAL NOT NULL,
        price REAL NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL)""",
)

# What went into a signal, by name: JSON.
_LEDGER_METADATA = ("ALTER TABLE signals ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}'",)

LEDGER = Schema(
    "ledger",
    0x434B4C47,
    (
        *(_LEDGER_1, _LEDGER_ALERTS, _LEDGER_OUTBOX, _LEDGER_ADVICE, _LEDGER_SIGNALS, _LEDGER_ORDERS),
        *(_LEDGER_DESK, _LEDGER_HEARD, _LEDGER_ORDER_KINDS, _LEDGER_ACCOUNT, _LEDGER_METADATA),
    ),
)
