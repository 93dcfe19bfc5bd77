"""The strategy processes: what runs in them, and the pool that keeps them."""
