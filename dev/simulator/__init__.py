"""A slurmrestd look-alike: wire versions v0.0.38 and v0.0.42 over HTTP, jobs that pass time."""

from dev.simulator.server import Simulator

__all__ = ["Simulator"]
