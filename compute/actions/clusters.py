"""A cluster's record, and the credentials that its site delivers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import jwt
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from compute.models import Cluster, ClusterHealth, Credential
from compute.models.clusters import TOKEN_SKEW
from projects.doorbell import ring
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event

UNIX_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\Z")
# Decoding a JWT skips foreign characters; in an HTTP header they would stop every pass.
JWT = re.compile(r"[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+){2}\Z")


@transaction.atomic
def register_cluster(*, by: User | None, values: dict[str, Any], now: datetime) -> Cluster:
    """A new cluster. Raises Invalid for an address that is not on the allow-list."""
    check_address(str(values.get("rest_url", "")))
    cluster = Cluster.objects.create(**values)
    ClusterHealth.objects.create(cluster=cluster)
    record_event(
        by=by,
        kind="register_cluster",
        about=cluster,
        now=now,
        changes={"slug": [None, cluster.slug]},
    )
    return cluster


@transaction.atomic
def update_cluster(*, by: User, cluster: Cluster, values: dict[str, Any], now: datetime) -> None:
    """Change a cluster's record. Raises Invalid as register_cluster."""
    changes = {
        name: [getattr(cluster, name), value]
        for name, value in values.items()
        if getattr(cluster, name) != value
    }
    if "rest_url" in changes:
        check_address(str(values["rest_url"]))
    if "connection" in changes:
        _check_connection(cluster, values["connection"])
    if not changes:
        return
    for name, (_before, value) in changes.items():
        setattr(cluster, name, value)
    cluster.save(update_fields=list(changes))
    record_event(by=by, kind="update_cluster", about=cluster, now=now, changes=changes)
    ring("compute.sync_cluster", cluster.slug)


def _check_connection(cluster: Cluster, wanted: str) -> None:
    """The row is held, so that a consent is not withdrawn meanwhile."""
    locked = Cluster.objects.select_for_update(no_key=True).get(pk=cluster.pk)
    standing = cluster.reports.filter(undone_at=None).count()
    if locked.connection == Cluster.Connection.NONE and standing:
        sentence = _("Usage was reported here (%(n)s reports). Once connected, the portal reads "
                     "all of it from the cluster itself and would count it twice: take the "
                     "reports back first.") % {"n": standing}  # fmt: skip
        raise Conflict(sentence, fields={"connection": [sentence]})
    if wanted == Cluster.Connection.RUN and not cluster.has_consent():
        missing = _("Record the site's consent first: who agreed to jobs from the portal, and "
                    "where that stands.")  # fmt: skip
        raise Conflict(missing, fields={"connection": [missing]})


def check_address(url: str) -> None:
    """Raise Invalid unless the address is empty or begins with one that the portal was given."""
    if not url:
        return
    asked = urlsplit(url)
    for allowed in map(urlsplit, settings.CLUSTER_URLS):
        same_host = (asked.scheme, asked.netloc) == (allowed.scheme, allowed.netloc)
        if same_host and f"{asked.path}/".startswith(f"{allowed.path.rstrip('/')}/"):
            return
    sentence = _(
        "The portal may not call %(url)s. Ask the portal's admin to add it to CESAI_CLUSTER_URLS."
    ) % {"url": url}
    raise Invalid(sentence, fields={"rest_url": [sentence]})


@transaction.atomic
def enable_dispatch(*, by: User, cluster: Cluster, stop: UUID, now: datetime) -> None:
    """Let jobs be handed over again after a restore; `stop` is the one that the person looked at.

    Raises Conflict if nothing is stopped, the stop is another one by now, or the cluster was not
    asked yet what it did meanwhile.
    """
    health = ClusterHealth.objects.select_for_update().get(cluster=cluster)
    cluster.lifted_stop = Cluster.objects.values_list("lifted_stop", flat=True).get(pk=cluster.pk)
    if health.stop is None or health.stop == cluster.lifted_stop:
        raise Conflict(_("%(cluster)s is given jobs already.") % {"cluster": cluster})
    if health.stop != stop:
        raise Conflict(
            _("The database was restored once more since. Look again, then enable dispatch.")
        )
    if health.reconciled_at is None:
        raise Conflict(
            _("%(cluster)s has not told yet what it did meanwhile. Wait until it answers.")
            % {"cluster": cluster}
        )
    Cluster.objects.filter(pk=cluster.pk).update(lifted_stop=stop)
    cluster.lifted_stop = stop
    record_event(by=by, kind="enable_dispatch", about=cluster, now=now)
    ring("compute.sync_cluster", cluster.slug)


@transaction.atomic
def stop_submitting(*, by: User, cluster: Cluster, reason: str, now: datetime) -> None:
    """The kill switch: from now on the portal only reads there. Jobs that are there go on.

    Raises Invalid without a reason, Conflict if nothing is submitted there anyway.
    """
    if not reason.strip():
        sentence = _("Say why; the log keeps it.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    rows = Cluster.objects.filter(pk=cluster.pk, connection=Cluster.Connection.RUN)
    if not rows.update(connection=Cluster.Connection.OBSERVE):
        raise Conflict(_("The portal submits nothing to %(cluster)s.") % {"cluster": cluster})
    cluster.connection = Cluster.Connection.OBSERVE
    record_event(
        by=by,
        kind="stop_submitting",
        about=cluster,
        now=now,
        reason=reason,
        changes={"connection": [Cluster.Connection.RUN, Cluster.Connection.OBSERVE]},
    )


@transaction.atomic
def deliver_credential(
    *, by: User, cluster: Cluster, unix_user: str, kind: str, token: str, now: datetime
) -> Credential:
    """Take a token from the site, in place of the one before.

    That the site delivers it is the proof that the UNIX user exists. Raises Invalid for a token
    that is no JWT, belongs to another user, has no end or has ended; Conflict if the kind changes.
    """
    if not UNIX_USER.match(unix_user):
        raise Invalid(_("“%(name)s” is no name of a UNIX user.") % {"name": unix_user})
    expires_at = _expiry(token, unix_user, now)
    Cluster.objects.select_for_update().get(pk=cluster.pk)
    credential = Credential.objects.filter(cluster=cluster, unix_user=unix_user).first()
    if credential is None:
        if kind == Credential.Kind.CONTROL and cluster.credentials.filter(kind=kind).exists():
            raise Conflict(_("This cluster has a control credential for another UNIX user."))
        credential = Credential(cluster=cluster, unix_user=unix_user, kind=kind)
    elif credential.kind != kind:
        raise Conflict(_("This UNIX user's credential is of another kind; the kinds never mix."))
    is_new = credential._state.adding
    credential.seal(token)
    credential.expires_at, credential.delivered_at, credential.delivered_by = expires_at, now, by
    credential.save()
    if is_new:  # the rotation every few minutes is no decision of a person
        record_event(
            by=by,
            kind="deliver_credential",
            about=cluster,
            now=now,
            changes={"unix_user": [None, unix_user], "kind": [None, kind]},
        )
    ring("compute.sync_cluster", cluster.slug)
    return credential


@transaction.atomic
def withdraw_credential(*, by: User, cluster: Cluster, unix_user: str, now: datetime) -> None:
    """Forget a token; jobs that need it wait. Raises Conflict if there is none."""
    deleted, _rows = cluster.credentials.filter(unix_user=unix_user).delete()
    if not deleted:
        raise Conflict(_("There is no credential for this UNIX user."))
    record_event(
        by=by,
        kind="withdraw_credential",
        about=cluster,
        now=now,
        changes={"unix_user": [unix_user, None]},
    )


def _expiry(token: str, unix_user: str, now: datetime) -> datetime:
    try:
        if not JWT.match(token):
            raise jwt.InvalidTokenError
        claims = jwt.decode(token, options={"verify_signature": False})
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (
        jwt.InvalidTokenError,
        KeyError,
        ValueError,
        TypeError,
        OverflowError,
        OSError,
    ) as error:
        raise Invalid(
            _("This is no token with an end. Make one with `scontrol token lifespan=3600`."),
            fields={"token": [_("Not a JWT with `exp`.")]},
        ) from error
    owner = claims.get("sun") or claims.get("username") or unix_user
    if owner != unix_user:
        raise Invalid(
            _("This token belongs to “%(owner)s”, not to “%(user)s”.")
            % {"owner": owner, "user": unix_user},
            fields={"token": [_("Of another UNIX user.")]},
        )
    if expires_at <= now + TOKEN_SKEW:
        raise Invalid(
            _("This token ended at %(end)s. Deliver a fresh one.")
            % {"end": f"{expires_at:%Y-%m-%d %H:%M:%S} UTC"},
            fields={"token": [_("Expired.")]},
        )
    return expires_at
