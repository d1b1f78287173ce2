"""Files and folders that the server writes."""
