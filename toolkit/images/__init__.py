"""Pictures as arrays: files, photos, sizes, tiles, and how alike two pictures are."""
