"""Signatures of webhooks, held against the standard's own words and a published example."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

from projects.signatures import new_secret, signed


def test_it_is_the_one_of_the_published_example() -> None:
    headers = signed(
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        key="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_two_secrets_hold_there_is_a_signature_by_each() -> None:
    old, new = new_secret(), new_secret()
    at = datetime.fromtimestamp(1, UTC)

    both = signed(secrets=[new, old], key="a", at=at, body=b"x")["webhook-signature"]

    alone = [
        signed(secrets=[s], key="a", at=at, body=b"x")["webhook-signature"] for s in (new, old)
    ]
    assert both == " ".join(alone)
    assert alone[0] != alone[1]


def test_another_time_is_another_signature() -> None:
    secret = new_secret()
    first, second = (
        signed(secrets=[secret], key="a", at=datetime.fromtimestamp(at, UTC), body=b"x")
        for at in (1, 2)
    )

    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_secret_is_32_bytes_that_nobody_had_before() -> None:
    made = {new_secret() for _ in range(100)}

    assert len(made) == 100
    assert {len(b64decode(secret.removeprefix("whsec_"))) for secret in made} == {32}
