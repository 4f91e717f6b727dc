"""Programs that compare Atelier with other ways of doing the same work and print ratios: ``make bench-...``."""
