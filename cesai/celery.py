"""The background worker and the only timetable."""

import logging.config
import os
import uuid
from typing import Any

import structlog
from celery import Celery, Task
from celery.app.log import Logging
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cesai.settings")


class Pass(Task):  # type: ignore[type-arg] # celery's own class takes no argument
    """One run of a task; its lines in the log, Celery's last one too, carry its id."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        structlog.contextvars.clear_contextvars()  # of the run before in this thread
        pass_id = self.request.id or str(uuid.uuid4())
        structlog.contextvars.bind_contextvars(task=self.name, pass_id=pass_id)
        return self.run(*args, **kwargs)


class Logs(Logging):
    """Logs as the web does: what Celery would set up itself is no JSON."""

    def setup_logging_subsystem(self, *args: Any, **kwargs: Any) -> Any:
        """Set up what the settings say; the answer tells Celery that all is done."""
        logging.config.dictConfig(settings.LOGGING)
        return True


app = Celery("cesai", task_cls=Pass, log=Logs)
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
    beat_schedule={
        "tick": {"task": "compute.tick", "schedule": 2.0, "options": {"expires": 2}},
        "compare": {"task": "registry.compare", "schedule": 10.0, "options": {"expires": 10}},
        "gate": {"task": "compute.compare_requests", "schedule": 10.0, "options": {"expires": 10}},
        "tend": {"task": "compute.tend", "schedule": 60.0, "options": {"expires": 60}},
        "roll-up": {"task": "compute.roll_up", "schedule": 120.0, "options": {"expires": 120}},
        "warn": {"task": "compute.warn", "schedule": 600.0, "options": {"expires": 600}},
        "rescore": {"task": "registry.rescore", "schedule": crontab(hour="2", minute="30")},
        "mail": {"task": "projects.mail_notices", "schedule": 60.0, "options": {"expires": 60}},
        "lapse": {"task": "projects.lapse_rights", "schedule": 60.0, "options": {"expires": 60}},
        "seal": {"task": "projects.seal_events", "schedule": 10.0, "options": {"expires": 10}},
        "publish": {"task": "projects.publish_head", "schedule": 3600.0},
        "verify": {"task": "projects.verify_audit", "schedule": crontab(hour="3", minute="10")},
        "remind": {"task": "registry.remind", "schedule": 86400.0},
        "forget-deliveries": {"task": "projects.forget_deliveries", "schedule": 3600.0},
        "forget": {"task": "cesai.forget_old_answers", "schedule": 3600.0},
    },
)
app.autodiscover_tasks()
