"""Real Slurm clusters of one node each, on loopback, for the demo and the tests."""

from dev.slurm.clusters import RealCluster
from dev.slurm.install import UnavailableError
from dev.slurm.site import SlurmSite
from dev.users import ensure_unix_user, remove_unix_user

__all__ = [
    "RealCluster",
    "SlurmSite",
    "UnavailableError",
    "ensure_unix_user",
    "remove_unix_user",
]
