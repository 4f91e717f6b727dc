"""Search for the fastest settings of an operation within limits, and write them as a configuration file to deploy."""
