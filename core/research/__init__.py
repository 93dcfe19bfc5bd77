"""Backtests: sources of history, the run, its metrics."""
