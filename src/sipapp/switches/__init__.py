"""Switches: the reload strategy, the reload queue, verification, retries, live status."""
