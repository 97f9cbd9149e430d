"""How far the tables of chances reach; plain numbers, for those who ask before they compute."""

LARGEST = 1e12
"""Means and trials beyond this are refused: their tables would have millions of entries."""

CUTOFF = 1e-20
"""Weights below this share of the largest, at the outer ends, are dropped."""
