"""What people decide about clusters, requests, allocations and jobs."""
