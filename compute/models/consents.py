"""What a site has agreed to: that the portal submits there, said by whom and where it stands."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from compute.models.clusters import Cluster


class SiteConsent(models.Model):
    """The site's agreement that the portal submits jobs there, as its operator recorded it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="consents")
    given_by = models.CharField(max_length=200)  # a role or board of the site, not a private name
    given_on = models.DateField()
    reference = models.CharField(max_length=300)  # of the contract, ticket or decision
    text = models.TextField(blank=True)  # what it covers
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-recorded_at"]

    def __str__(self) -> str:
        return f"{self.cluster}: {self.reference}"
