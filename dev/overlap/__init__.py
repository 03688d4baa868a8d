"""Fitting and judging the comparison of efforts; the product itself needs none of it."""
