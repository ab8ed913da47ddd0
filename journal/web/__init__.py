"""The local pages: served to this machine alone, to whoever holds the run's token."""
