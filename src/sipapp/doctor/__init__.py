"""Looks at everything that has to be right for phones to work, and says what to do where it is not.

Each module knows one topic, and is made of small functions that give lines; what they look
at is asked for once.  Nothing is changed, except that FreeSWITCH is told to reload.
"""
