"""What the machine is, and what disturbs it while a block runs."""
