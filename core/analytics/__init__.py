"""Figures about data, of whole arrays at once: bars, pairs, trends, correlation, quality."""
