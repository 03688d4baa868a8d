# The portal's image: web, worker, beat and migrations are the same one with different commands.
# Python is the one that the tests run on.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/portal
COPY requirements/base.txt /tmp/base.txt
RUN /opt/portal/bin/pip install --require-hashes --only-binary :all: --requirement /tmp/base.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/portal/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portal \
    && install --directory --owner portal /var/lib/portal
COPY --from=build /opt/portal /opt/portal
WORKDIR /srv/portal
COPY . .
# Collecting reads the settings and no server; the keys that it needs are made and forgotten here.
RUN CESAI_SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    CESAI_CREDENTIAL_KEYS="k1:$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
    DATABASE_URL=postgres://nobody@127.0.0.1:1/nowhere BROKER_URL=redis://127.0.0.1:1/0 \
    python manage.py collectstatic --noinput
USER portal
ENV CESAI_BIND=0.0.0.0:8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "docker/healthy.py"]
CMD ["gunicorn", "cesai.wsgi", "--config", "cesai/gunicorn.py"]
