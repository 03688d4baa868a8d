"""Slurm's reasons and our own, in words for people: what it means, and what one can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

if TYPE_CHECKING:
    from compute.models.maintenance import Maintenance

_ = gettext_lazy

WORDS = {
    # Slurm: why a job waits
    "Priority": _("Other jobs come first."),
    "Resources": _("Waits for free GPUs."),
    "Dependency": _("Waits for another job."),
    "BeginTime": _("Its begin time has not come yet."),
    "JobHeldUser": _("Held; it is being released."),
    "JobHeldAdmin": _("Held by the site's staff. Ask the operator."),
    "ReqNodeNotAvail": _("The nodes it needs are down or in maintenance."),
    "Reservation": _("Waits for a reservation of the site."),
    "PartitionDown": _("The partition is down."),
    "PartitionInactive": _("The partition takes no jobs now."),
    "AssocGrpGRES": _("The project's GPUs on this cluster are all in use."),
    "AssocGrpGRESMinutes": _(
        "The allocation's GPU-hours on the cluster do not cover it any more."
    ),
    "AssocGrpGRESRunMinutes": _("The GPU-hours of the running jobs leave no room for it."),
    "AssocGrpJobsLimit": _("The site lets no more jobs of this project run at once."),
    "AssocMaxJobsLimit": _("The site lets no more jobs of this project run at once."),
    "QOSMaxGRESPerUser": _("The site's limit of GPUs per user is reached."),
    "NodeDown": _("A node it needs is down."),
    "Cleaning": _("The nodes are being cleaned up after the job before."),
    # Slurm: why a job will never start
    "BadConstraints": _("No node has that many GPUs, cores or memory; it was cancelled."),
    "PartitionTimeLimit": _(
        "Its time limit is longer than the partition allows; it was cancelled."
    ),
    "PartitionConfig": _("The partition cannot take it as it is; it was cancelled."),
    "DependencyNeverSatisfied": _("The job it waits for failed; it was cancelled."),
    # Slurm: why a job ended
    "NonZeroExitCode": _("The script ended with an error; its output says which."),
    "RaisedSignal": _("The script was ended by a signal."),
    "TimeLimit": _("It reached its time limit."),
    "OutOfMemory": _("It needed more memory than it asked for."),
    "JobLaunchFailure": _("The node could not start it. Ask the operator."),
    # Ours
    "AllocationEnded": _("The allocation ended before the job started."),
    "SubmitterGone": _("Who submitted it may not submit in this project any more."),
    "AnswerLost": _("The cluster's answer was lost; it is sent again. Nothing runs twice."),
    "AttemptsUnanswered": _("Its submissions were not answered; the cluster's operator decides."),
    "NoUnixUser": _("Waits for the site to make the UNIX user and to deliver its credential."),
    "NotThere": _("Waits for the site to set the account. The command stands below."),
    "Differs": _("The cluster has another limit than the award. The command stands below."),
    "ToBeChanged": _(
        "Another limit was decided; the site has to set it. The command stands below."
    ),
    "ToBeClosed": _(
        "Nobody shall submit under it any more; the site has to close it. The command stands "
        "below. Running jobs go on."
    ),
    "NotTaken": _("The cluster took the change without making it. The command stands below."),
    "DecayNotDeclared": _(
        "Set on the cluster. Whether used GPU-hours fade there was not declared by its operator, "
        "so that it holds for the whole window is not proven."
    ),
    "UsageFades": _(
        "Set on the cluster, where used GPU-hours fade with time: more can be used than was "
        "awarded. A QOS with the flag NoDecay would hold it."
    ),
    "SitesAccount": _(
        "Waits for the site: its account is not there, or the project's UNIX user may not use it."
    ),
    "SitesRules": _(
        "The site's account is there. It keeps the budget by its own rules, which cannot be read."
    ),
    "ToBeConfirmed": _(
        "This cluster is not connected: its operator sets the limit and confirms it here."
    ),
    "ConfirmedByOperator": _(
        "Confirmed by the cluster's operator. It is not connected, so nothing was read back."
    ),
    "WindowEnded": _("The window ended."),
}


def reason_in_words(reason: str) -> str:
    """A sentence for a reason; one that we have no words for stays as the cluster said it."""
    if reason in WORDS:
        return str(WORDS[reason])
    kind, separator, rest = reason.partition(": ")
    if separator and kind == "Unanswered":
        return gettext("The cluster did not answer: %(what)s") % {"what": rest}
    if separator and kind == "NotAsAsked":
        return gettext(
            "The cluster made another job of it than asked (%(what)s); it was cancelled."
        ) % {"what": rest}
    return reason


def maintenance_warning(away: Maintenance) -> str:
    """What a job that would run into a maintenance should know."""
    return gettext(
        "The cluster is away from %(start)s to %(end)s. A job of this length does not end before, "
        "and may wait until it is back."
    ) % {
        "start": date_format(timezone.localtime(away.start_at), "DATETIME_FORMAT"),
        "end": date_format(timezone.localtime(away.end_at), "DATETIME_FORMAT"),
    }
