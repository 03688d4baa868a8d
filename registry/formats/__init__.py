"""The formats in which others write down models."""
