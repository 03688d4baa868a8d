"""What the main pages are for, and the step that usually follows; shown where one asks for it."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _


class Help(NamedTuple):
    """A few sentences on a page, and the page of the next step, if there is one."""

    text: object
    following: str = ""
    words: object = ""


PAGES: dict[str, Help] = {
    "overview": Help(
        _(
            "What needs you today. Institutes see what is left, what runs and what was asked;"
            " coordinators and quota admins what waits for a decision and what is similar."
        ),
        "find",
        _("Find anything by name (Ctrl K)"),
    ),
    "audit": Help(
        _(
            "Each decision with its reason, as far as it concerns you. The lines are chained and"
            " told outside the portal, so that a changed one is found."
        ),
        "reports",
        _("Add up what was granted and used"),
    ),
    "projects": Help(
        _("A project is an effort of one lead group; it owns plans, requests and allocations."),
        "groups",
        _("Open one from your group's page"),
    ),
    "project": Help(
        _("All of one effort. Plan a model first, then ask for GPU-hours for it."),
        "model-plan",
        _("Plan a model"),
    ),
    "models": Help(
        _("What exists and what is planned, by everybody. Search in English or German."),
        "model-plan",
        _("Plan a model"),
    ),
    "model-plan": Help(
        _(
            "Seven facts; “unknown” is allowed. While you type, similar efforts appear beside the"
            " form. The plan gets a priority date with its first save."
        ),
        "request-new",
        _("Then ask for GPU-hours"),
    ),
    "model": Help(
        _(
            "One effort: its facts with their sources, its weights, where it comes from and what"
            " it really took."
        ),
        "request-new",
        _("Ask for GPU-hours for it"),
    ),
    "overlaps": Help(
        _(
            "Pairs of efforts that look alike, the most costly first. A case brings the groups"
            " together; its outcome recommends and orders nothing."
        ),
        "cases",
        _("Open cases"),
    ),
    "requests": Help(
        _("Who asked for what, and who has the next move. A draft waits on its project."),
        "request-new",
        _("Ask for GPU-hours"),
    ),
    "request-new": Help(
        _(
            "Say what for, in which pool and in which months. Training needs a plan and an answer"
            " to “why not reuse or join?”. Nothing is handed in before you press Submit there."
        ),
        "planner",
        _("Estimate what a training takes"),
    ),
    "request": Help(
        _("The ask, what bears on it, and the decision. Both sides can write to each other below.")
    ),
    "allocations": Help(
        _("Awards in force: what is left, when it lapses, and whether the cluster enforces it."),
        "job-new",
        _("Submit a job"),
    ),
    "allocation": Help(
        _(
            "What is left and why: each booking stands in the ledger. The limit is in force only"
            " when it was read back from the cluster."
        ),
        "job-new",
        _("Submit a job"),
    ),
    "job-new": Help(
        _("Choose what the job is booked to; the allocation sets account and partition.")
    ),
    "job-submit": Help(
        _(
            "Paste the sbatch script you have. What the portal cannot carry out is refused with"
            " its line and never dropped."
        ),
        "templates",
        _("Or begin from a template"),
    ),
    "jobs": Help(
        _("What runs and what happened. A job that ended badly can be run again from its page."),
        "job-new",
        _("Submit a job"),
    ),
    "job": Help(
        _(
            "Where it stands and why. The page follows it by itself; what it reserved and did not"
            " use is returned when the cluster has booked it."
        )
    ),
    "clusters": Help(
        _("The HPC systems of the partners: which answer, what they have, how fresh our view is."),
        "capacity",
        _("What is free, five years ahead"),
    ),
    "capacity": Help(
        _(
            "What pools offer per month, what is granted, used and asked. Try a request that"
            " nobody has made under “What if”."
        ),
        "request-new",
        _("Ask for GPU-hours"),
    ),
    "groups": Help(
        _(
            "Ask in your own words who can do something; groups are found by what they say and by"
            " their models."
        ),
        "map",
        _("See them on the map"),
    ),
    "initiatives": Help(
        _(
            "Programmes and their stages over the years. A project's lead chooses where it"
            " belongs."
        ),
        "reports",
        _("Report on one"),
    ),
    "reports": Help(
        _(
            "Choose months and whom it is about. With a cut-off date the report shows the same"
            " figures whenever it is made."
        ),
    ),
    "planner": Help(
        _("From parameters and tokens to GPU-hours, days and energy in each pool."),
        "request-new",
        _("Ask for them"),
    ),
    "settings": Help(
        _("Tokens for programs, what you are told of and how, your language."),
        "api-docs",
        _("What programs can call"),
    ),
}
