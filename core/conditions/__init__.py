"""Strategies written as rules: conditions on indicators in a TOML file, made into an ordinary strategy module."""
