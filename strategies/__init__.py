"""The built-in strategies, one file each. Users add theirs in a folder of their own."""
