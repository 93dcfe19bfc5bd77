"""Data in and out: exports of what was recorded, imports of a venue's history, and the files of both."""
