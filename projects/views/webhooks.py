"""One's own webhooks: a list with a form, and a page each with the log of its deliveries."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from projects.access import as_uuid, get_webhook
from projects.actions import webhooks
from projects.errors import NotThere
from projects.forms import WebhookForm
from projects.models import Webhook
from projects.pages import SignedIn, page_of


@login_required
def webhook_list(request: SignedIn) -> HttpResponse:
    """My webhooks; the secret of one that was just made is shown here, this once."""
    form = WebhookForm(request.POST or None, person=request.user)
    made, secret = None, ""
    if form.sent_by(request):
        with form.told():
            made, secret = webhooks.create_webhook(
                by=request.user, facts=form.facts, now=timezone.now()
            )
            form = WebhookForm(person=request.user)
    waiting = Count("deliveries", filter=Q(deliveries__due_at__isnull=False))
    rows = Webhook.objects.visible_to(request.user).select_related("project")
    context = {"hooks": rows.annotate(waiting=waiting), "form": form, "made": made,
               "secret": secret}  # fmt: skip
    return render(request, "projects/webhooks.html", context, status=form.status)


@login_required
def webhook_page(request: SignedIn, key: str) -> HttpResponse:
    """What it is told of, how it does, and the log."""
    return _page(request, get_webhook(request.user, key))


@login_required
def edit(request: SignedIn, key: str) -> HttpResponse:
    """Another name, address or choice."""
    hook = get_webhook(request.user, key)
    before = {"name": hook.name, "url": hook.url, "project": hook.project_id}
    form = WebhookForm(request.POST or None, person=request.user, kinds=hook.kinds, initial=before)
    if form.sent_by(request):
        with form.told():
            webhooks.update_webhook(
                by=request.user, hook=hook, facts=form.facts, now=timezone.now()
            )
            messages.success(request, _("Saved; what waits goes to this address."))
            return redirect("webhook", key)
    context = {"form": form, "hook": hook}
    return render(request, "projects/webhook_form.html", context, status=form.status)


@require_POST
@login_required
def rotate(request: SignedIn, key: str) -> HttpResponse:
    """A new secret, shown this once."""
    hook = get_webhook(request.user, key)
    secret = webhooks.rotate_secret(by=request.user, hook=hook, now=timezone.now())
    return _page(request, get_webhook(request.user, key), secret=secret)


@require_POST
@login_required
def pause(request: SignedIn, key: str) -> HttpResponse:
    """Send nothing until it goes on."""
    hook = get_webhook(request.user, key)
    webhooks.pause_webhook(by=request.user, hook=hook, now=timezone.now())
    messages.success(request, _("Paused; what happens meanwhile is kept for it."))
    return redirect("webhook", key)


@require_POST
@login_required
def resume(request: SignedIn, key: str) -> HttpResponse:
    """Go on, with what was missed."""
    hook = get_webhook(request.user, key)
    count = webhooks.resume_webhook(by=request.user, hook=hook, now=timezone.now())
    sentence = ngettext(
        "It goes on; %(n)d delivery that was given up is tried again.",
        "It goes on; %(n)d deliveries that were given up are tried again.",
        count,
    )
    messages.success(request, sentence % {"n": count})
    return redirect("webhook", key)


@require_POST
@login_required
def ping(request: SignedIn, key: str) -> HttpResponse:
    """Send a trial."""
    webhooks.try_webhook(hook=get_webhook(request.user, key), now=timezone.now())
    messages.success(request, _("A trial is sent within seconds; the log says what came of it."))
    return redirect("webhook", key)


@require_POST
@login_required
def delete(request: SignedIn, key: str) -> HttpResponse:
    """Gone with its log."""
    hook = get_webhook(request.user, key)
    webhooks.delete_webhook(by=request.user, hook=hook, now=timezone.now())
    messages.success(request, _("“%(name)s” was deleted.") % {"name": hook.name})
    return redirect("webhooks")


@require_POST
@login_required
def again(request: SignedIn, key: str, delivery: str) -> HttpResponse:
    """Send one delivery once more."""
    hook, one = get_webhook(request.user, key), as_uuid(delivery)
    if one is None or not hook.deliveries.filter(pk=one, dropped_at=None).exists():
        raise NotThere
    webhooks.send_delivery_again(hook=hook, delivery=one, now=timezone.now())
    messages.success(request, _("It is sent again within seconds."))
    return redirect("webhook", key)


def _page(request: SignedIn, hook: Webhook, *, secret: str = "") -> HttpResponse:
    rows = hook.deliveries.select_related("event").prefetch_related("tries")
    context = {"hook": hook, "page": page_of(rows, request.GET, by="created_at"), "secret": secret}
    return render(request, "projects/webhook.html", context)
