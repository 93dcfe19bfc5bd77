"""Trends of what sources hold: bars of many symbols and intervals, what they say, and backtests of what would fit."""
