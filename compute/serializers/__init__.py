"""The shapes of everything about compute in the API, split by noun."""
