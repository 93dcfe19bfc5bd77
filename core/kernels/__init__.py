"""Numeric code of the loop, written in the Python that numba compiles; no import of numba, no clock, no I/O."""
