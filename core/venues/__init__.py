"""One module a venue: sans-I/O parsing of its frames and answers, its endpoints, limits and kind of ids."""
