"""Recording that a site agrees to jobs from the portal, and that it does not any more."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from compute.models import Cluster, SiteConsent
from projects.errors import Conflict, Invalid
from projects.models import User
from projects.models.events import record_event


@transaction.atomic
def record_consent(
    *,
    by: User,
    cluster: Cluster,
    given_by: str,
    given_on: date,
    reference: str,
    text: str = "",
    now: datetime,
) -> SiteConsent:
    """The site has agreed; from then on its operators can let the portal submit there.

    Raises Invalid for a day to come, or without the agreement's reference.
    """
    wrong = {}
    if given_on > now.astimezone(UTC).date():
        wrong["given_on"] = [_("Record it once it is given.")]
    for name, said in (("given_by", given_by), ("reference", reference)):
        if not said.strip():
            wrong[name] = [_("Say who agreed, and where that stands.")]
    if wrong:
        raise Invalid(_("This cannot be recorded so."), fields=wrong)
    consent = SiteConsent.objects.create(
        cluster=cluster, given_by=given_by, given_on=given_on, reference=reference, text=text,
        recorded_by=by, recorded_at=now,
    )  # fmt: skip
    record_event(by=by, kind="record_consent", about=cluster, now=now, reason=reference)
    return consent


@transaction.atomic
def withdraw_consent(*, by: User, consent: SiteConsent, reason: str, now: datetime) -> None:
    """The site does not agree any more: the portal only reads there from the next moment on.

    Raises Invalid without a reason, Conflict if it was withdrawn already.
    """
    if not reason.strip():
        sentence = _("Say why; the log keeps it.")
        raise Invalid(sentence, fields={"reason": [sentence]})
    Cluster.objects.select_for_update(no_key=True).get(pk=consent.cluster_id)
    rows = SiteConsent.objects.filter(pk=consent.pk, withdrawn_at=None)
    if not rows.update(withdrawn_at=now, withdrawn_reason=reason):
        raise Conflict(_("This consent was withdrawn already."))
    cluster = consent.cluster
    if not cluster.has_consent():
        running = Cluster.objects.filter(pk=cluster.pk, connection=Cluster.Connection.RUN)
        running.update(connection=Cluster.Connection.OBSERVE)
    record_event(by=by, kind="withdraw_consent", about=cluster, now=now, reason=reason)
