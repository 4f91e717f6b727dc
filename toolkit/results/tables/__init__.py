"""Tables for people, as text, HTML and data."""
