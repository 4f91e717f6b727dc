"""Durable work: jobs that survive the end of the process that runs them."""
