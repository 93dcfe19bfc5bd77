"""How much of a good result is luck: figures over arrays of returns and of trades; nothing here reads a file or a clock."""
