"""What: the tables of model efforts, their versions and where they come from."""

from registry.models.derivations import Derivation
from registry.models.models import Model, Version

__all__ = ["Derivation", "Model", "Version"]
