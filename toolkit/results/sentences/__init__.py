"""What rows mean, in sentences."""
