"""The engine process: it streams, sequences, trades on paper, records, and answers viewers. It outlives them all."""
