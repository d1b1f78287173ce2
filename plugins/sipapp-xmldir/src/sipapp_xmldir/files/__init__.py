"""Files of the operating system: safe reads, atomic writes, lock, owners, inotify, versions.

Nothing here looks into a file.
"""
