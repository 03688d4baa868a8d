"""Addresses of the MLflow-compatible registry, below /mlflow; without a last slash, as it asks."""

from django.urls import path, re_path

from registry.mlflow import model_versions, registered_models
from registry.mlflow.calls import missing_route, no_run, route

BASE = "api/2.0/mlflow"
MODELS, VERSIONS = f"{BASE}/registered-models", f"{BASE}/model-versions"

urlpatterns = [
    path(f"{MODELS}/create", route(post=registered_models.create), name="mlflow-create"),
    path(f"{MODELS}/get", route(get=registered_models.get), name="mlflow-get"),
    path(f"{MODELS}/search", route(get=registered_models.search), name="mlflow-search"),
    path(f"{MODELS}/rename", route(post=registered_models.rename), name="mlflow-rename"),
    path(f"{MODELS}/update", route(patch=registered_models.update), name="mlflow-update"),
    path(f"{MODELS}/delete", route(delete=registered_models.delete), name="mlflow-delete"),
    path(f"{MODELS}/set-tag", route(post=registered_models.set_tag), name="mlflow-set-tag"),
    path(
        f"{MODELS}/delete-tag",
        route(delete=registered_models.delete_tag),
        name="mlflow-delete-tag",
    ),
    path(
        f"{MODELS}/get-latest-versions",
        route(get=registered_models.latest_versions, post=registered_models.latest_versions),
        name="mlflow-latest-versions",
    ),
    path(
        f"{MODELS}/alias",
        route(
            get=registered_models.get_by_alias,
            post=registered_models.set_alias,
            delete=registered_models.delete_alias,
        ),
        name="mlflow-alias",
    ),
    path(f"{VERSIONS}/create", route(post=model_versions.create), name="mlflow-version-create"),
    path(f"{VERSIONS}/get", route(get=model_versions.get), name="mlflow-version-get"),
    path(f"{VERSIONS}/search", route(get=model_versions.search), name="mlflow-version-search"),
    path(f"{VERSIONS}/update", route(patch=model_versions.update), name="mlflow-version-update"),
    path(f"{VERSIONS}/delete", route(delete=model_versions.delete), name="mlflow-version-delete"),
    path(
        f"{VERSIONS}/transition-stage",
        route(post=model_versions.transition_stage),
        name="mlflow-version-stage",
    ),
    path(f"{VERSIONS}/set-tag", route(post=model_versions.set_tag), name="mlflow-version-set-tag"),
    path(
        f"{VERSIONS}/delete-tag",
        route(delete=model_versions.delete_tag),
        name="mlflow-version-delete-tag",
    ),
    path(
        f"{VERSIONS}/get-download-uri",
        route(get=model_versions.get_download_uri),
        name="mlflow-version-uri",
    ),
    path(f"{BASE}/runs/get", route(get=no_run), name="mlflow-run"),
    re_path(r"^(?P<path>.*)$", missing_route, name="mlflow-missing"),
]
