"""The shapes of the registry in the API, by noun."""
