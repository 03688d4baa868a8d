"""The background worker and the only timetable."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cesai.settings")

app = Celery("cesai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # a pass is safe to repeat
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    # A caller whose bell finds no broker goes on at once: the row waits for the timetable.
    broker_transport_options={
        "visibility_timeout": 300,
        "socket_connect_timeout": 1,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
    },
    worker_hijack_root_logger=False,
    beat_schedule={
        "tick": {"task": "compute.tick", "schedule": 2.0, "options": {"expires": 2}},
        "compare": {"task": "registry.compare", "schedule": 10.0, "options": {"expires": 10}},
        "gate": {"task": "compute.compare_requests", "schedule": 10.0, "options": {"expires": 10}},
        "rescore": {"task": "registry.rescore", "schedule": crontab(hour="2", minute="30")},
        "mail": {"task": "projects.mail_notices", "schedule": 60.0, "options": {"expires": 60}},
        "remind": {"task": "registry.remind", "schedule": 86400.0},
        "forget": {"task": "cesai.forget_old_answers", "schedule": 3600.0},
    },
)
app.autodiscover_tasks()
