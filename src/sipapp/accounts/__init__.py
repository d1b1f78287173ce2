"""Access to pages and API: accounts, their roles, and log-in."""
