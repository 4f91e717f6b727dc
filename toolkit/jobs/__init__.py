"""Jobs that are stored in a SQLite file, so that they survive the end of the process that runs them."""
