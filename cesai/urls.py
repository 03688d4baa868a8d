"""Every address of the portal, app by app."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language
from rest_framework.routers import SimpleRouter

import compute.api
import projects.api
import registry.api
from cesai import health, metrics
from cesai.description import Description
from cesai.pages import (
    committee,
    demo,
    docs,
    find,
    imports,
    initiatives,
    model,
    overview,
    partners,
    project,
    reports,
)

router = SimpleRouter()
for resources in (projects.api.RESOURCES, registry.api.RESOURCES, compute.api.RESOURCES):
    for name, viewset in resources.items():
        router.register(name, viewset, basename=f"api-{name}")

urlpatterns = [
    # Programs call often; what stands here is found before the pages are looked through.
    path("mlflow/", include("registry.mlflow.urls")),
    path("api/v1/schema/", Description.as_view(), name="api-schema"),
    path("api/v1/docs/", docs.api_docs, name="api-docs"),
    path("api/v1/", include(router.urls)),
    path("", overview.overview, name="overview"),
    path("projects/<str:slug>/", project.project_page, name="project"),
    path("reports/", reports.report_page, name="reports"),
    path("reports/allocations.csv", reports.report_csv, name="report-csv"),
    path("reports/report.xlsx", reports.report_xlsx, name="report-xlsx"),
    path("committee/", committee.papers, name="committee"),
    path("partners/", partners.partner_list, name="partners"),
    path("partners/<slug:slug>/", partners.partner_page, name="partner"),
    path("partners/<slug:slug>/edit/", partners.edit_partner, name="partner-edit"),
    path("find/", find.find, name="find"),
    path("imports/", imports.import_page, name="imports"),
    path("imports/carry-out/", imports.carry, name="import-carry"),
    path("imports/<uuid:key>/undo/", imports.undo, name="import-undo"),
    path("map/", partners.map_page, name="map"),
    path("initiatives/", initiatives.roadmap, name="initiatives"),
    path("initiatives/<slug:slug>/", initiatives.initiative_page, name="initiative"),
    path("models/<uuid:key>/", model.model_page, name="model"),
    path("", include("projects.urls")),
    path("", include("registry.urls")),
    path("", include("compute.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("demo/continue/", demo.continue_as, name="demo_continue"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
handler400 = "cesai.errors.bad_request"
handler404 = "cesai.errors.not_found"
handler500 = "cesai.errors.server_error"
