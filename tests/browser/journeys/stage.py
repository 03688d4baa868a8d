"""Who takes part in journeys, where, and how a browser is given to each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext

from projects.models import User
from projects.roles import Role
from registry.models import Model
from tests import make
from tests.browser.journeys.hands import Hands
from tests.browser.journeys.ways import Way
from tests.compute.sync.site import CONTROL, Site

Open = Callable[..., BrowserContext]
ALIKE: dict[str, Any] = {
    "languages": ["de", "en"],
    "tasks": ["translation"],
    "modality_in": ["text"],
    "modality_out": ["text"],
    "training_mode": "from_scratch",
    "parameters": 7 * 10**9,
    "tokens": 4 * 10**12,
}


class Stage:
    """Two groups of two partners, a site with its cluster, the staff, and one way to walk."""

    def __init__(self, way: Way, open_as: Open, address: str, site: Site) -> None:
        self.way, self.site, self.cluster = way, site, site.cluster
        self._open_as, self._address = open_as, address
        self._hands: dict[str, Hands] = {}
        self.group = make.make_group(name="Ours")
        self.other_group = make.make_group(name="Theirs")
        self.people: dict[str, User] = {
            "lead": make.make_member(self.group, Role.LEAD, "lead"),
            "member": make.make_member(self.group, Role.MEMBER, "member"),
            "stranger": make.make_member(self.other_group, Role.LEAD, "stranger"),
            "partner_admin": make.make_partner_admin(self.group.partner, "partner_admin"),
            "newcomer": make.make_user("newcomer"),
            "operator": make.make_operator(self.cluster, "operator"),
            "quota_admin": make.make_staff(Role.QUOTA_ADMIN, "quota_admin"),
            "coordinator": make.make_staff(Role.COORDINATOR, "coordinator"),
            "auditor": make.make_staff(Role.AUDITOR, "auditor"),
        }
        self.pool = make.make_pool(self.cluster, slug="north-gpu", name="North GPUs")
        self.project = make.make_project(self.group, slug="kogge", title="Kogge")
        site.deliver(CONTROL, self.project.unix_user)

    def hands(self, who: str) -> Hands:
        """This person's browser, the same one all along."""
        if who not in self._hands:
            page = self._open_as(self.people[who], **self.way.options).new_page()
            self._hands[who] = Hands(page, self.way, self._address)
        return self._hands[who]

    def effort_of_others(self, name: str = "Hanse-7B") -> Model:
        """A public plan of the other group."""
        project = make.make_project(self.other_group, slug="hanse", title="Hanse")
        return make.make_model(project, name=name, visibility="public", **ALIKE)

    def effort_of_ours(self, name: str = "Kogge-9B") -> Model:
        """A plan of our group that is like the other one."""
        facts = {**ALIKE, "parameters": 9 * 10**9}
        return make.make_model(self.project, name=name, visibility="public", **facts)
