"""How every process writes its log: one JSON object a line."""

from __future__ import annotations

from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
]
_CONTEXT = structlog.contextvars.merge_contextvars


def logging_from(level: str) -> dict[str, Any]:
    """Django's LOGGING for lines of this level on; sets structlog up to write the same lines."""
    structlog.configure(
        processors=[
            _CONTEXT,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        "foreign_pre_chain": [_CONTEXT, structlog.stdlib.add_log_level, *_SHARED],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "django.request": {"level": "CRITICAL"},  # cesai.calls writes one line for each call
        },
    }
