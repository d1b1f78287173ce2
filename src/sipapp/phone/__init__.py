"""The services for softphones; calls and media go past this server."""
