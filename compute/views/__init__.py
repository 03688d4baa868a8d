"""Pages about requests, clusters, allocations and jobs."""
