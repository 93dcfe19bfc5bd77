"""From sockets to one ordered stream: connections, limits, gaps and back-fill, the sequencer."""
