"""Ways out of the terminal for alerts: webhooks and the services apprise knows. They know no database and no engine."""
