"""Fast image algorithms of this package and their plain references: functions on arrays, one algorithm per file."""
