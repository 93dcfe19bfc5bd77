"""The local exchange: a real server on loopback that speaks a venue's own protocol, for the demo and for tests."""
