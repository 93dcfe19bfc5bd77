"""Why a strategy did, or did not, trade at a moment of the past: run again up to it from what the files of its home keep."""
