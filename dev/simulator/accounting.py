"""The simulator's accounts, associations and the limits they carry."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dev.simulator.journal import Journal

ACCESS_DENIED = 2002
INVALID_PARENT = 2046
COORDINATOR_MAY_NOT_RAISE = 7012


class RefusedError(Exception):
    """What Slurm would answer with one of its error codes."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Association:
    """An account below its parent (user "") or a user's right to submit under an account."""

    account: str
    user: str = ""
    parent: str = ""
    gpu_minutes: int | None = None
    gpus: int | None = None
    max_submit_jobs: int | None = None
    max_jobs: int | None = None


class Accounting:
    """One cluster's tree of accounts, whose coordinators may add below what they coordinate."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._associations: dict[tuple[str, str], Association] = {}
        self._coordinators: dict[str, set[str]] = {}
        # slurmdbd knows accounts apart from their associations.
        self.accounts: set[str] = set()
        self.set(Association("root"), is_kept=False)

    def restore(self, content: dict[str, str | int | None]) -> None:
        self.set(Association(**content), is_kept=False)  # type: ignore[arg-type]

    def set(self, association: Association, *, is_kept: bool = True) -> None:
        """Put an association there, as the site's staff can; nobody is asked."""
        self.accounts.add(association.account)
        self._associations[association.account, association.user] = association
        if is_kept:
            self._journal.write("association", asdict(association))

    def make_coordinator(self, account: str, user: str) -> None:
        self._coordinators.setdefault(account, set()).add(user)

    def get(self, account: str, user: str = "") -> Association | None:
        return self._associations.get((account, user))

    def of(self, accounts: str | None, user: str | None = None) -> list[Association]:
        """Associations of accounts ("a,b", None for all), and of a user, None for all."""
        named = None if accounts is None else accounts.split(",")
        return [
            association
            for association in self._associations.values()
            if (named is None or association.account in named) and user in (None, association.user)
        ]

    def lineage(self, account: str) -> list[Association]:
        """The account and all above it."""
        found: list[Association] = []
        association = self.get(account)
        while association is not None:
            found.append(association)
            association = self.get(association.parent)
        return found

    def coordinates(self, user: str, account: str) -> bool:
        above = {association.account for association in self.lineage(account)}
        return any(user in self._coordinators.get(account, ()) for account in above)

    def add_account(self, by: str, name: str) -> None:
        """A bare account; coordinators may, also outside their tree."""
        if not any(by in users for users in self._coordinators.values()):
            raise RefusedError(ACCESS_DENIED)
        self.accounts.add(name)

    def add_association(self, by: str, association: Association) -> bool:
        """Create an association; False if it is there already, which is then left as it is."""
        below = association.account if association.user else association.parent
        if not self.coordinates(by, below):
            raise RefusedError(ACCESS_DENIED)
        if self.get(association.account, association.user):
            return False
        self.set(association)
        return True

    def change_association(self, by: str, association: Association) -> None:
        """Put another set of limits in place of all that there are."""
        if not self.coordinates(by, association.account):
            raise RefusedError(ACCESS_DENIED)
        known = self.get(association.account, association.user)
        if known is not None:
            for name in ("gpu_minutes", "gpus", "max_submit_jobs", "max_jobs"):
                before, after = getattr(known, name), getattr(association, name)
                if before is not None and after is not None and after > before:
                    raise RefusedError(COORDINATOR_MAY_NOT_RAISE)
            association.parent = known.parent
            self.set(association)
