"""Pictures as arrays: reading and writing files, photos, resizing, tiling, and comparing two pictures."""
