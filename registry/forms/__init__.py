"""The shapes of what people type on the registry's pages, by noun."""
