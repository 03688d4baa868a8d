"""The demonstration: the portal with its database, broker, clusters and their staff."""
