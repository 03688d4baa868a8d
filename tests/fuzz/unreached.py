"""Operations that no call brings to a success, each with its reason."""

from __future__ import annotations

UNREACHED = {
    "POST /api/v1/projects/{id}/join/": (
        "Who may ask sees the project and does not belong to it; here all stays private."
    ),
}
