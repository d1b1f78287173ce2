"""Locks, limits and background checks within one process."""
