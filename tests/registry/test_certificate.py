"""The certificate of a plan: when it was registered and with which facts, signed by the portal."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from projects.models import Group, Project
from registry.models import Model
from registry.models.certificates import is_genuine, public_key
from tests import make
from tests.conftest import Caller


@pytest.fixture
def model(project: Project) -> Model:
    return make.make_model(project, name="Plan für 2027", languages=["de"], parameters=7)


def certificate(caller: Caller, model: Model) -> dict[str, Any]:
    answer: dict[str, Any] = caller.get(f"models/{model.pk}/certificate/").json()
    return answer


def verify(paper: dict[str, Any]) -> None:
    """What anybody can do who has the JSON and nothing of the portal. Raises InvalidSignature."""
    signature = base64.b64decode(paper["signature"])
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(paper["public_key"]))
    said = {k: v for k, v in paper.items() if k not in ("algorithm", "public_key", "signature")}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    key.verify(signature, text.encode())


def test_anybody_can_check_it_by_what_stands_in_it(member: Caller, model: Model) -> None:
    paper = certificate(member, model)

    verify(paper)
    assert paper["algorithm"] == "Ed25519"


@pytest.mark.parametrize("field", ["name", "registered_at", "group", "partner", "model"])
def test_a_changed_word_breaks_the_signature(member: Caller, model: Model, field: str) -> None:
    paper = certificate(member, model) | {field: "2020-01-01T00:00:00+00:00"}

    assert not is_genuine(paper)
    with pytest.raises(InvalidSignature):
        verify(paper)


def test_a_changed_fact_breaks_the_signature(member: Caller, model: Model) -> None:
    paper = certificate(member, model)
    paper["facts"]["parameters"] = 8

    assert not is_genuine(paper)


@pytest.mark.parametrize("signature", ["", "nonsense", "AAAA", None, 7])
def test_no_signature_is_not_genuine(member: Caller, model: Model, signature: Any) -> None:
    assert not is_genuine(certificate(member, model) | {"signature": signature})


def test_one_signed_by_another_key_is_not_genuine(member: Caller, model: Model) -> None:
    paper = certificate(member, model)
    said = {k: v for k, v in paper.items() if k not in ("algorithm", "public_key", "signature")}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    forger = Ed25519PrivateKey.generate()
    paper["public_key"] = base64.b64encode(forger.public_key().public_bytes_raw()).decode()
    paper["signature"] = base64.b64encode(forger.sign(text.encode())).decode()

    verify(paper)  # in itself it agrees, so the key must be compared with the portal's
    assert not is_genuine(paper)


def test_the_portal_calls_its_own_genuine(member: Caller, model: Model) -> None:
    paper = certificate(member, model)

    assert is_genuine(paper)
    assert paper["public_key"] == public_key()


def test_it_says_who_registered_what_and_when(member: Caller, model: Model, group: Group) -> None:
    paper = certificate(member, model)

    assert (paper["name"], paper["group"], paper["partner"]) == (
        "Plan für 2027", "Ours", group.partner.name
    )  # fmt: skip
    assert paper["registered_at"] == model.created_at.isoformat()
    assert (paper["facts"]["languages"], paper["facts"]["parameters"]) == (["de"], 7)


def test_the_digest_is_that_of_the_facts(member: Caller, model: Model) -> None:
    paper = certificate(member, model)

    text = json.dumps(paper["facts"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert paper["facts_sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_the_facts_stay_those_of_the_priority_date(member: Caller, model: Model) -> None:
    before = certificate(member, model)

    member.patch(f"models/{model.pk}/", {"name": "Other", "parameters": 8, "languages": ["en"]})
    member.post(f"models/{model.pk}/move/", {"state": "training"})

    assert certificate(member, model) == before


def test_the_parents_of_the_registration_are_among_the_facts(
    member: Caller, group: Group, model: Model
) -> None:
    parents = [{"model": str(model.pk), "kind": "finetune"}, {"literal": "their/model-7b"}]
    body = {"name": "Child", "group": str(group.pk), "parents": parents}
    made = member.post("models/", body).json()

    paper = certificate(member, Model.objects.get(pk=made["id"]))

    assert paper["facts"]["parents"] == [
        {"name": "Plan für 2027", "kind": "finetune"},
        {"name": "their/model-7b", "kind": "unknown"},
    ]


def test_a_model_from_before_certificates_still_has_one(member: Caller, model: Model) -> None:
    Model.objects.update(registered_facts={})

    paper = certificate(member, model)

    assert (paper["name"], is_genuine(paper)) == (model.name, True)


def test_a_guest_gets_none(guest: Caller, model: Model) -> None:
    assert guest.get(f"models/{model.pk}/certificate/").status_code == 403


def test_a_stranger_gets_none_of_a_public_model(stranger: Caller, model: Model) -> None:
    Model.objects.update(visibility="public")

    assert stranger.get(f"models/{model.pk}/certificate/").status_code == 403


def test_to_a_stranger_a_private_one_is_not_there(stranger: Caller, model: Model) -> None:
    hidden = stranger.get(f"models/{model.pk}/certificate/")

    absent = stranger.get(f"models/{make.key()}/certificate/")
    assert (hidden.status_code, hidden.content) == (404, absent.content)


def test_the_page_of_a_plan_without_facts_says_that_they_are_unknown(
    member: Caller, model: Model
) -> None:
    Model.objects.filter(pk=model.pk).update(registered_facts={})
    page = member.as_browser.get(f"/models/{model.pk}/certificate/").content.decode()
    assert "<dt>Parameters</dt><dd>–</dd>" in page
