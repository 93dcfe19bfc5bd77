"""What the README's figures come from: `make bench` runs `run.py`, every other file here can be run by itself."""
