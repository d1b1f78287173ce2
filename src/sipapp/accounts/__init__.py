"""Who may use pages and API: accounts, their roles, and how somebody logs in."""
