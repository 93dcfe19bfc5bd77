"""Recorded ticks played again through the engine: where they come from, at what pace, and the time it is meanwhile."""
