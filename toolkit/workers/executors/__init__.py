"""Executors: each file has one method of running many pictures, and defines ``EXECUTOR``."""
