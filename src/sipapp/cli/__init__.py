"""The command ``sipapp``."""
