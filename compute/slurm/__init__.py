"""The outside world: everything that is known about slurmrestd stands in this package."""
