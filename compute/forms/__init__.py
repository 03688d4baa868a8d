"""The shapes of what people type about requests, decisions, clusters and jobs."""
