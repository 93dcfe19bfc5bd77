"""What a market is like: going up, going down, sideways or volatile, how surely, by which numbers, and what bets on that. NumPy alone."""

from core.analytics.trend.evidence import Evidence, evidence_of
from core.analytics.trend.measures import LEAST_BARS, MOST_BARS, Measures, measure
from core.analytics.trend.model import REGIMES, Verdict, judge
from core.analytics.trend.reading import JUDGED, Reading, read_trend
from core.analytics.trend.suggestions import TABLE, Suggestion, suggestions_for

__all__ = [
    "JUDGED",
    "LEAST_BARS",
    "MOST_BARS",
    "REGIMES",
    "TABLE",
    "Evidence",
    "Measures",
    "Reading",
    "Suggestion",
    "Verdict",
    "evidence_of",
    "judge",
    "measure",
    "read_trend",
    "suggestions_for",
]
