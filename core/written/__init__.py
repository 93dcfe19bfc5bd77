"""Strategies that are TOML files, written out as ordinary modules: what conditions and ensembles have in common."""
