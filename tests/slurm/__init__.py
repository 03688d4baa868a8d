"""The promise of a cluster connection, held against simulated and real clusters alike."""
