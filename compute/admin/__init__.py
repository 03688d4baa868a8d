"""The administration of clusters and of what was asked, awarded and run on them."""

from compute.admin import clusters, requests, work

__all__ = ["clusters", "requests", "work"]
