"""The machine: what it is, and what it was doing while a block ran."""
