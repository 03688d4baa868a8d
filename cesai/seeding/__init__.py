"""Synthetic data for load tests, written by COPY; the same numbers give the same data."""
