"""What a storage of extensions must do, and how a list of extensions is searched and sorted."""
