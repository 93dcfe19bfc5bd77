"""The analyst: a process beside the engine that judges markets, pairs and indicators while they move, and holds up nobody."""
