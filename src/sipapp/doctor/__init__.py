"""Diagnosis of everything that phones need, with a remedy for each fault.

Each module checks one topic, by functions that yield lines; answers of a switch are cached for one
diagnosis.  Nothing is changed, except that FreeSWITCH is told to reload.
"""
