"""Hooks for plugins: specifications, what back ends declare, and the plugin manager."""
