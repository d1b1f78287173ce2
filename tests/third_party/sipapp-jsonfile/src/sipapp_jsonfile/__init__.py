"""A storage of somebody else: extensions in one JSON file."""
