"""Several strategies as one: they vote, by weight and confidence, and validators look at what the vote wants to enter."""
