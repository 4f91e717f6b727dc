"""Search for the best way to run an operation under limits, and deploy what was found as a configuration file."""
