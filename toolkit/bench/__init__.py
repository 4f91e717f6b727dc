"""From a Trial to a Measurement."""
