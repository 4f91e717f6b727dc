"""Our own fast algorithms, one per file, with no framework around them: plain functions on arrays."""
