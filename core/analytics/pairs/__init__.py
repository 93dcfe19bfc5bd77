"""Two markets beside each other: their hedge ratio and spread, and whether the spread comes back."""
