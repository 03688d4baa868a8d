"""Makes the map of Europe and its gazetteer from public data."""
