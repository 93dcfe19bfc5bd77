"""SQLite: the tape, the ledger, their migrations. The only place that opens a database."""
