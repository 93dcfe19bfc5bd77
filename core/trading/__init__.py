"""Orders for venues: what they are, how they fare, how they are kept, sent and asked about. No venue is reached from here yet."""
