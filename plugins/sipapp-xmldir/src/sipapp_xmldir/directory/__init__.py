"""The extensions of a directory: entries, index, snapshot, and conflicts between ids."""
