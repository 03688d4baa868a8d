"""Addresses of this app's pages."""

from django.urls import path

from compute.views import allocations, clusters, deciding, jobs, planner, requests

urlpatterns = [
    path("planner/", planner.planner_page, name="planner"),
    path("requests/", requests.request_list, name="requests"),
    path("requests/new/", requests.new_request, name="request-new"),
    path("requests/new/line/", requests.one_more_line, name="request-line"),
    path("requests/<uuid:key>/", requests.request_page, name="request"),
    path("requests/<uuid:key>/edit/", requests.edit_request, name="request-edit"),
    path("requests/<uuid:key>/submit/", deciding.submit, name="request-submit"),
    path("requests/<uuid:key>/withdraw/", deciding.withdraw, name="request-withdraw"),
    path("requests/<uuid:key>/review/", deciding.review, name="request-review"),
    path("requests/<uuid:key>/award/", deciding.award, name="request-award"),
    path("requests/<uuid:key>/return/", deciding.send_back, name="request-return"),
    path("requests/<uuid:key>/deny/", deciding.deny, name="request-deny"),
    path("requests/<uuid:key>/recuse/", deciding.recuse, name="request-recuse"),
    path("requests/<uuid:key>/appeal/", deciding.appeal, name="request-appeal"),
    path("requests/<uuid:key>/say/", deciding.say, name="request-say"),
    path("clusters/", clusters.cluster_list, name="clusters"),
    path("clusters/<slug:slug>/", clusters.cluster_page, name="cluster"),
    path("clusters/<slug:slug>/edit/", clusters.edit_cluster, name="cluster-edit"),
    path("clusters/<slug:slug>/stop/", clusters.stop_submitting, name="cluster-stop"),
    path("clusters/<slug:slug>/maintenance/", clusters.announce, name="cluster-maintenance"),
    path(
        "clusters/<slug:slug>/maintenance/<uuid:key>/",
        clusters.call_off,
        name="cluster-maintenance-drop",
    ),
    path("clusters/<slug:slug>/enable/", clusters.enable_dispatch, name="cluster-enable"),
    path("allocations/", allocations.allocation_list, name="allocations"),
    path("allocations/<uuid:key>/", allocations.allocation_page, name="allocation"),
    path("allocations/<uuid:key>/pause/", allocations.pause, name="allocation-pause"),
    path("allocations/<uuid:key>/resume/", allocations.resume, name="allocation-resume"),
    path("allocations/<uuid:key>/return/", allocations.return_hours, name="allocation-return"),
    path("allocations/<uuid:key>/end/", allocations.end, name="allocation-end"),
    path("allocations/<uuid:key>/job/", jobs.submit_job, name="job-submit"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/new/", jobs.new_job, name="job-new"),
    path("jobs/<uuid:key>/", jobs.job_page, name="job"),
    path("jobs/<uuid:key>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<uuid:key>/send-again/", jobs.send_again, name="job-send-again"),
]
