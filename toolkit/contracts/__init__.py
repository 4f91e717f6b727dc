"""The nouns and how they meet: Operation, Backend, Trial, Measurement, and what identifies them."""
