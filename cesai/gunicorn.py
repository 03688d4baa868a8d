"""How gunicorn runs the portal; the demo and a deployment use the same file."""

import os

bind = os.environ.get("CESAI_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("CESAI_WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("CESAI_WEB_THREADS", "4"))
preload_app = True  # workers share the memory of what is imported once
keepalive = 30
timeout = 60
graceful_timeout = 20
control_socket_disable = True  # one more listening thing that nobody asked for
