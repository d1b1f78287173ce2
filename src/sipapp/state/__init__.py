"""What several processes have to share: counters of failed attempts."""
