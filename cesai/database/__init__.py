"""PostgreSQL as Django reaches it, but asked less often whether it is still there."""
