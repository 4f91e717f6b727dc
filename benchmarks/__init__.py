"""Programs that measure Atelier against others and print ratios: ``make bench-...``."""
