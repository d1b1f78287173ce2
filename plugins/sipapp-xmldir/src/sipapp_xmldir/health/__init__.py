"""Directory health: findings about files, ids, passwords, permissions and the dialplan.

One module examines one thing; :mod:`.examiner` collects the findings.
"""
