"""This package's own fast algorithms and their plain references: functions on arrays, one algorithm per file."""
