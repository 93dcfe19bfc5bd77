"""Reports: a study or a backtest as one HTML file that a browser opens from disk, with its data, its style and its script inside."""
