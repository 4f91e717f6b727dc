"""Pictures beside the numbers: crops, differences, galleries."""
