"""Indicators: a file each, loaded and compiled as strategies are; many variants of them over many symbols at once."""
