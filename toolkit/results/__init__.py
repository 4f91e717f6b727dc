"""Stored measurements, read and shown: store, rows, tables, sentences, plots, pictures. Needs no runtime."""
