"""What the main screen is made of: live grids, one a pane, and the lines above and below them."""
