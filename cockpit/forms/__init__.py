"""What opens over the main screen: forms, confirmations, and texts to read."""
