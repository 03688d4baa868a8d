"""The portal's settings with places of a campaign's own for static files and for mails."""

import os
from pathlib import Path

from cesai.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["CAMPAIGN_DIRECTORY"]) / "static"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ["CAMPAIGN_DIRECTORY"] + "/mails"
