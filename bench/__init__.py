"""What `make bench` runs: each benchmark prints one JSON line with a reference of the same run."""
