"""What everything talks about: extensions, secrets, findings, live status, outcomes, errors.

Imports nothing else of sipapp.
"""
