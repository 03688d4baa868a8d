"""The portal on real clusters: limits, isolation and books, against what Slurm itself says."""
