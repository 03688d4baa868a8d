"""The API's resources: lists as iterators over their pages, members, and what may be done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, Unpack
from urllib.parse import parse_qs, quote, urlsplit

from cesai_client import shapes
from cesai_client.errors import BadInput
from cesai_client.transport import Transport

Row = TypeVar("Row")
Whole = TypeVar("Whole")
MOST_ROWS = 200  # that the portal gives in one page


class Resource(Generic[Row, Whole]):
    """One noun of the API. Every method raises CesaiError."""

    path = ""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, key: str) -> Whole:
        """One of them, by id (or slug, where it has one)."""
        whole: Whole = self._transport.get(self._one(key))
        return whole

    def rows(self, *, page_size: int = MOST_ROWS, **filters: Any) -> Iterator[Row]:
        """All that the caller may see and that pass the filters, page after page as needed."""
        asked: dict[str, Any] = {"page_size": page_size, **filters}
        while True:
            page = self._transport.get(self.path, asked)
            yield from page["results"]
            if not page["next"]:
                return
            # Only the place in the list is taken: the token goes nowhere else.
            asked["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]

    def _one(self, key: str, *actions: str) -> str:
        if not key or key in {".", ".."}:
            raise BadInput("An id is missing.")
        return "/".join([f"{self.path}{quote(key, safe='')}", *actions, ""])

    def _act(self, key: str, action: str, body: Any = None, intent: str = "") -> Any:
        return self._transport.send("POST", self._one(key, action), body, key=intent)

    def _create(self, body: Any, intent: str = "") -> Any:
        return self._transport.send("POST", self.path, body, key=intent)


class Partners(Resource[shapes.PartnerOut, shapes.PartnerOut]):
    path = "partners/"

    def list(self, **filters: Unpack[shapes.PartnersFilters]) -> Iterator[shapes.PartnerOut]:
        """Organisations."""
        return self.rows(**filters)


class Groups(Resource[shapes.GroupOut, shapes.GroupOut]):
    path = "groups/"

    def list(self, **filters: Unpack[shapes.GroupsFilters]) -> Iterator[shapes.GroupOut]:
        """Teams of partners."""
        return self.rows(**filters)


class Memberships(Resource[shapes.MembershipOut, shapes.MembershipOut]):
    path = "memberships/"

    def list(self, **filters: Unpack[shapes.MembershipsFilters]) -> Iterator[shapes.MembershipOut]:
        """Who is in which group in which role."""
        return self.rows(**filters)


class Tokens(Resource[shapes.TokenOut, shapes.TokenOut]):
    path = "tokens/"

    def list(self) -> Iterator[shapes.TokenOut]:
        """The caller's own."""
        return self.rows()

    def revoke(self, key: str) -> None:
        """End one; the next call with it is refused."""
        self._transport.send("DELETE", self._one(key))


class Projects(Resource[shapes.ProjectOut, shapes.ProjectOut]):
    path = "projects/"

    def list(self, **filters: Unpack[shapes.ProjectsFilters]) -> Iterator[shapes.ProjectOut]:
        """Efforts of one lead group and any participating groups."""
        return self.rows(**filters)

    def join(self, key: str, body: shapes.JoinInRequest) -> shapes.JoinOut:
        """Ask the lead group to take part."""
        asked: shapes.JoinOut = self._act(key, "join", body)
        return asked


class Clusters(Resource[shapes.ClusterOut, shapes.ClusterOut]):
    path = "clusters/"

    def list(self, **filters: Unpack[shapes.ClustersFilters]) -> Iterator[shapes.ClusterOut]:
        """HPC systems."""
        return self.rows(**filters)


class Pools(Resource[shapes.PoolOut, shapes.PoolOut]):
    path = "pools/"

    def list(self, **filters: Unpack[shapes.PoolsFilters]) -> Iterator[shapes.PoolOut]:
        """GPUs of one type in one partition of a cluster."""
        return self.rows(**filters)


class Allocations(Resource[shapes.AllocationOut, shapes.AllocationOut]):
    path = "allocations/"

    def list(self, **filters: Unpack[shapes.AllocationsFilters]) -> Iterator[shapes.AllocationOut]:
        """Awards in force, with what is left of each."""
        return self.rows(**filters)


class Requests(Resource[shapes.RequestOut, shapes.RequestOut]):
    path = "requests/"

    def list(self, **filters: Unpack[shapes.RequestsFilters]) -> Iterator[shapes.RequestOut]:
        """What projects ask for."""
        return self.rows(**filters)

    def create(self, body: shapes.RequestInRequest, *, intent: str = "") -> shapes.RequestOut:
        """A draft."""
        made: shapes.RequestOut = self._create(body, intent)
        return made

    def submit(self, key: str) -> shapes.RequestOut:
        """Hand a draft in."""
        row: shapes.RequestOut = self._act(key, "submit")
        return row

    def withdraw(self, key: str) -> shapes.RequestOut:
        """Take a request back."""
        row: shapes.RequestOut = self._act(key, "withdraw")
        return row


class Jobs(Resource[shapes.JobOut, shapes.JobDetail]):
    path = "jobs/"

    def list(self, **filters: Unpack[shapes.JobsFilters]) -> Iterator[shapes.JobOut]:
        """Intents to run one script once, newest first."""
        return self.rows(**filters)

    def submit(self, body: shapes.JobInRequest, *, intent: str = "") -> shapes.JobDetail:
        """Run a script once; with the same `intent` again it is the same job."""
        job: shapes.JobDetail = self._create(body, intent)
        return job

    def cancel(self, key: str) -> shapes.JobDetail:
        """Ask for its end."""
        job: shapes.JobDetail = self._act(key, "cancel")
        return job


class Models(Resource[shapes.ModelOut, shapes.ModelWhole]):
    path = "models/"

    def list(self, **filters: Unpack[shapes.ModelsFilters]) -> Iterator[shapes.ModelOut]:
        """What exists and what is planned, newest first."""
        return self.rows(**filters)

    def plan(self, body: shapes.ModelInRequest, *, intent: str = "") -> shapes.ModelWhole:
        """Register a model, as a rule before training."""
        model: shapes.ModelWhole = self._create(body, intent)
        return model

    def import_card(self, body: shapes.CardModelInRequest) -> shapes.ModelWhole:
        """Register a model out of its card."""
        model: shapes.ModelWhole = self._transport.send("POST", "models/import-card/", body)
        return model

    def card(self, key: str) -> str:
        """Its card: README.md with front matter."""
        return self._transport.text(self._one(key, "card"))

    def put_card(self, key: str, text: str) -> shapes.ModelWhole:
        """Read a card into a model that is there."""
        body: shapes.CardInRequest = {"card": text}
        model: shapes.ModelWhole = self._transport.send("PUT", self._one(key, "card"), body)
        return model

    def overlaps(self, key: str) -> shapes.NeighboursOut:
        """The efforts most like it that the caller may see, compared now."""
        found: shapes.NeighboursOut = self._transport.get(self._one(key, "overlaps"))
        return found

    def lineage(self, key: str, *, direction: str = "ancestors", depth: int = 3) -> Any:
        """What it derives from, or what derives from it (shapes.LineageOut)."""
        asked = {"direction": direction, "depth": depth}
        return self._transport.get(self._one(key, "lineage"), asked)


class Versions(Resource[shapes.VersionOut, shapes.VersionOut]):
    path = "versions/"

    def list(self, **filters: Unpack[shapes.VersionsFilters]) -> Iterator[shapes.VersionOut]:
        """Sets of weights."""
        return self.rows(**filters)

    def put_fingerprint(
        self, key: str, body: shapes.FingerprintInRequest
    ) -> shapes.FingerprintOut:
        """Send what the headers of its safetensors files say."""
        made: shapes.FingerprintOut = self._transport.send(
            "PUT", self._one(key, "fingerprint"), body
        )
        return made
