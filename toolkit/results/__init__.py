"""The Store and everything that shows it: tables, plots, pictures, pages. Needs no runtime at all."""
