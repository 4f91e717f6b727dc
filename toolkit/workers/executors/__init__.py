"""Executors: one file per way of running many pictures; each defines ``EXECUTOR``."""
