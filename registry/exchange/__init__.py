"""Whole catalogues as JSON Lines: pushed by the groups that keep them, pulled by anybody's."""
