"""The built-in indicators, one file each. Users add theirs in a folder of their own."""
