"""Ways out of the terminal over HTTP: webhooks and the services apprise knows for alerts, and questions put to sources of signals. They
know no database and no engine."""
