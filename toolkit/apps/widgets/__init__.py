"""Controls and pictures in a notebook."""
