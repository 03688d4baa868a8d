"""The CESAI portal from Python: `Client(url, token)`, its resources, and what it may refuse."""

from cesai_client.client import Client
from cesai_client.errors import (
    BadInput,
    CesaiError,
    Conflict,
    NotAllowed,
    NotLoggedIn,
    NotReachable,
    NotThere,
    Refused,
)
from cesai_client.version import __version__

__all__ = [
    "BadInput",
    "CesaiError",
    "Client",
    "Conflict",
    "NotAllowed",
    "NotLoggedIn",
    "NotReachable",
    "NotThere",
    "Refused",
    "__version__",
]
