"""Worker processes, in which trials are run and timed."""
