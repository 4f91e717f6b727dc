"""What is done to a picture: one file is one operation; each defines ``OPERATION``."""
