"""Addresses of this app's pages; the page of one model joins apps and lies in cesai."""

from django.urls import path

from registry.views import decisions, lineage, lists, plans

urlpatterns = [
    path("models/", lists.model_list, name="models"),
    path("models.csv", lists.model_csv, name="models-csv"),
    path("models/compare/", lists.compare, name="model-compare"),
    path("models/plan/", plans.plan, name="model-plan"),
    path("models/card/", plans.new_from_card, name="model-from-card"),
    path("models/<uuid:key>/edit/", plans.edit_model, name="model-edit"),
    path("models/<uuid:key>/card/", plans.edit_card, name="model-card"),
    path("models/<uuid:key>/README.md", plans.card_file, name="model-card-file"),
    path("models/<uuid:key>/lineage/", lineage.lineage_page, name="model-lineage"),
    path("models/<uuid:key>/lineage/data/", lineage.lineage_data, name="model-lineage-data"),
    path("models/<uuid:key>/confirm/", decisions.confirm, name="model-confirm"),
    path("models/<uuid:key>/move/", decisions.move, name="model-move"),
    path("models/<uuid:key>/successor/", decisions.successor, name="model-successor"),
    path("models/<uuid:key>/merge/", decisions.merge, name="model-merge"),
    path("models/<uuid:key>/parents/", decisions.add_parent, name="model-parent"),
    path("models/<uuid:key>/certificate/", decisions.certificate, name="model-certificate"),
    path("derivations/<uuid:key>/remove/", decisions.remove_parent, name="derivation-remove"),
]
