"""The ways in which compute says no, where it is more than an invalid input or a wrong state."""

from __future__ import annotations

from projects.errors import Conflict, Invalid


class OverCapacity(Conflict):
    """The pool does not have that many GPU-hours left in these months."""

    code = "over-capacity"


class OverBalance(Conflict):
    """The allocation does not have that much left."""

    code = "over-balance"


class AlreadyDecided(Conflict):
    """Somebody else was first."""

    code = "already-decided"


class ScriptNotAccepted(Invalid):
    """A line of the script asks for what the portal cannot give."""

    code = "script-not-accepted"


class CaseOpen(Conflict):
    """A case about similar efforts is open and may still hold the award back."""

    code = "case-open"
