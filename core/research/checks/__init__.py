"""Tests of a strategy's honesty: whether it looks ahead, and whether it is warm when it says so."""
