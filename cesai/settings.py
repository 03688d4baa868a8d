"""All settings, from the environment alone."""

from __future__ import annotations

import logging
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from cesai import env
from cesai.logs import logging_from
from cesai.providers import log_in_providers

django_stubs_ext.monkeypatch()
env.load_demo_environment()

BASE_DIR = Path(__file__).resolve().parent.parent

# What the operator says -------------------------------------------------------------------
SECRET_KEY = env.secret("CESAI_SECRET_KEY", least=32)
CREDENTIAL_KEYS = env.credential_keys("CESAI_CREDENTIAL_KEYS")
CERTIFICATE_KEY = env.text("CESAI_CERTIFICATE_KEY", SECRET_KEY)  # signs priority dates
DATABASE_URL = env.text("DATABASE_URL")
BROKER_URL = env.url("BROKER_URL", schemes=env.BROKERS)
BASE_URL = env.url("CESAI_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.hosts("CESAI_ALLOWED_HOSTS", "127.0.0.1,localhost")
DEMO = env.flag("CESAI_DEMO", False)
DEBUG = env.flag("CESAI_DEBUG", False)
CLUSTER_URLS = env.urls("CESAI_CLUSTER_URLS")  # the only addresses a cluster may be reached at
MAX_SCRIPT_BYTES = env.number("CESAI_MAX_SCRIPT_BYTES", 1024 * 1024, least=1)
RESEND_AFTER_SECONDS = env.number("CESAI_RESEND_AFTER_SECONDS", 30, least=1)
CLUSTER_READ_SECONDS = env.number("CESAI_CLUSTER_READ_SECONDS", 65, least=1)
LEASE_SECONDS = env.number("CESAI_LEASE_SECONDS", 30, least=1)
INVITATION_DAYS = env.number("CESAI_INVITATION_DAYS", 14, least=1, most=365)
TOKEN_DAYS = env.number("CESAI_TOKEN_DAYS", 90, least=1, most=365)
# GPU-hours of training that a project asks for in a year, from which on the gate looks: at
# similar efforts, and at plans that say too little to compare.
TWO_SIGNATURES_GPU_HOURS = env.number("CESAI_TWO_SIGNATURES_GPU_HOURS", 100_000)
GATE_GPU_HOURS = env.number("CESAI_GATE_GPU_HOURS", 100)
GATE_FACTS_GPU_HOURS = env.number("CESAI_GATE_FACTS_GPU_HOURS", 5_000)
PLAN_STALE_DAYS = env.number("CESAI_PLAN_STALE_DAYS", 90, least=1, most=3650)
DIGEST_HOURS = env.number("CESAI_DIGEST_HOURS", 24, least=1, most=168)
# Where the head of the audit log is told, besides the log: a file, a mailbox.
AUDIT_HEADS = env.text("CESAI_AUDIT_HEADS", "")
AUDIT_MAIL = env.mailbox("CESAI_AUDIT_MAIL", "")
# Where webhooks may lead besides the public internet, and who is trusted there besides the usual.
OUTGOING_ALLOW = env.networks("CESAI_OUTGOING_ALLOW", "")
OUTGOING_CA = env.text("CESAI_OUTGOING_CA", "")  # a file of certificates
# Who else knows people: OpenID providers, and whose groups each may speak of.
LOG_IN_PROVIDERS = log_in_providers("CESAI_LOG_IN_PROVIDERS")
SECOND_FACTOR = env.flag("CESAI_SECOND_FACTOR", not DEMO)  # of those whose role needs one
FEDERATED_DAYS = env.number("CESAI_FEDERATED_DAYS", 30, least=1, most=365)
TOKEN_RATE = env.rate("CESAI_TOKEN_RATE", "3000/min")
WEB_WORKERS = env.number("CESAI_WEB_WORKERS", 2, least=1)  # as gunicorn.py starts them
# Who may read /metrics, by the address that the connection comes from.
METRICS_ALLOW = env.networks("CESAI_METRICS_ALLOW", "127.0.0.1/32,::1/128")
TIME_ZONE = "UTC"
PAGE_TIME_ZONE = env.time_zone("CESAI_TIME_ZONE", "Europe/Berlin")
LOG_LEVEL = env.choice("CESAI_LOG_LEVEL", "INFO", env.LOG_LEVELS)

# Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "cesai",
    "compute",
    "registry",
    "projects",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "django_structlog",
    "csp",
]
MIDDLEWARE = [
    "cesai.calls.CallMiddleware",
    "cesai.paths.ApiPaths",
    "cesai.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cesai.private.PrivateAnswers",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cesai.gates.GateMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cesai.pages.frame.PageTimeZone",
    "cesai.errors.RefusalMiddleware",
    "cesai.rates.RateHeaders",
    "cesai.conditional.ConditionalReads",
    "cesai.idempotency.IdempotencyMiddleware",
]
ROOT_URLCONF = "cesai.urls"
WSGI_APPLICATION = "cesai.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cesai.pages.frame.frame",
            ],
        },
    },
]

# Data -------------------------------------------------------------------------------------
# The application's role may change rows and nothing else; migrations run as the owner's role.
DATABASES = {
    "default": {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **env.database("DATABASE_URL"),
    },
}
MIGRATE_DATABASE = env.database("CESAI_MIGRATE_DATABASE_URL", DATABASE_URL)
MIGRATION_MODULES = {"knox": None}  # its table is replaced by ours, so it has none to make
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "projects.signup.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Guesses of passwords are counted by address: behind a proxy all would come from one, and who
# guesses would lock everybody out.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("CESAI_PROXIES", 0, most=9)
MFA_ADAPTER = "projects.second_factor.Adapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are not verified here: invitations bring people
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "projects.openid.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "projects.openid.Provider"}}
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = env.mailbox("CESAI_FROM_EMAIL", "portal@cesai.example")

# Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
FORMAT_MODULE_PATH = "cesai.formats"  # European dates in English, too
LOCALE_PATHS = [BASE_DIR / "cesai" / "locale"]
USE_I18N = True
USE_TZ = True

# Static files: vendored, pinned, served with hashes in their names ------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600

# Browser ----------------------------------------------------------------------------------
SECURE_COOKIES = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [BASE_URL] if SECURE_COOKIES else []
CSRF_FAILURE_VIEW = "cesai.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# API --------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["projects.bearer.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["projects.bearer.TokenAllows"],
    "DEFAULT_RENDERER_CLASSES": ["cesai.api.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cesai.api.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "cesai.paging.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["cesai.filters.ListFilters"],
    "DEFAULT_THROTTLE_CLASSES": ["projects.bearer.TokenRate"],
    "DEFAULT_THROTTLE_RATES": {"user": TOKEN_RATE},
    "DEFAULT_SCHEMA_CLASS": "cesai.operations.Operation",
    "EXCEPTION_HANDLER": "cesai.errors.problem_handler",
    # A moment without its zone would be another one for each reader.
    "DATETIME_INPUT_FORMATS": ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "TOKEN_MODEL": "projects.AccessToken",
    "TOKEN_TTL": None,
    "AUTH_HEADER_PREFIX": "Bearer",
}
KNOX_TOKEN_MODEL = "projects.AccessToken"  # noqa: S105 (a table)
SPECTACULAR_SETTINGS = {
    "TITLE": "CESAI portal",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Groups, models, GPU allocations and jobs across partners and HPC centres.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "APPEND_COMPONENTS": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
    "SECURITY": [{"token": []}],
    "ENUM_NAME_OVERRIDES": {
        "ModelState": "registry.models.labels.STATE_LABELS",
        "Modality": "registry.models.labels.MODALITY_LABELS",
        "ParentKind": "registry.models.labels.PARENT_KIND_LABELS",
        "DatasetKind": "registry.models.labels.DATASET_KIND_LABELS",
        "FigureKind": "registry.models.labels.FIGURE_KIND_LABELS",
        "FigureStage": "registry.models.labels.STAGE_LABELS",
        "MlflowStage": "registry.vocabulary.MLFLOW_STAGES",
        "RegisteredAs": "registry.serializers.models.REGISTERED_AS",
        "RequestState": "compute.models.requests.STATE_LABELS",
        "RequestKind": "compute.models.requests.Request.Kind",
        "RequestPurpose": "compute.models.requests.Request.Purpose",
        "TemplatePurpose": "compute.models.templates.JobTemplate.Purpose",
        "AllocationState": "compute.models.allocations.STATE_LABELS",
        "LimitState": "compute.models.limits.STATE_LABELS",
        "JobState": "compute.models.jobs.STATE_LABELS",
        "LedgerKind": "compute.models.ledger.LedgerEntry.Kind",
        "LedgerAccount": "compute.models.ledger.LedgerEntry.Account",
        "CredentialKind": "compute.models.clusters.Credential.Kind",
        "NoticeKind": "projects.models.notices.KIND_LABELS",
        "CaseState": "registry.models.cases.CASE_LABELS",
        "WebhookState": "projects.api.webhook_shapes.STATES",
        "DeliveryState": "projects.api.webhook_shapes.DELIVERY_STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cesai.description.complete",
    ],
}

# Background work --------------------------------------------------------------------------
CELERY_BROKER_URL = BROKER_URL
# What all processes must know of log-ins, codes and attempts; and what each may count for itself.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cesai_cache",
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# Logs -------------------------------------------------------------------------------------
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line for a call, at its end
LOGGING = logging_from(LOG_LEVEL)
