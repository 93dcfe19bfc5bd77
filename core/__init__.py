"""The engine: feed, loop, workers, store. Imports no user interface and no strategy."""
