"""Addresses of this app's pages; the page of one model joins apps and lies in cesai."""

from django.urls import path

from registry import views

urlpatterns = [
    path("models/", views.model_list, name="models"),
    path("models/plan/", views.plan, name="model-plan"),
    path("models/<uuid:key>/edit/", views.edit_model, name="model-edit"),
]
