"""Watching figures for what rules ask: pure, it knows no clock, no database and no engine."""
