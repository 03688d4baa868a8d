#!/bin/sh
# Makes the two roles and the database, once, when the database's volume is empty.
# cesai_owner migrates; cesai_app reads and writes rows (docs/operations.md, "Roles").
# The passwords come from the files that OWNER_PASSWORD_FILE and APP_PASSWORD_FILE name.
set -eu
export PGUSER="${POSTGRES_USER:-postgres}"

sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "$1"; }

sql postgres <<'SQL'
\set owner_password `cat "$OWNER_PASSWORD_FILE"`
\set app_password `cat "$APP_PASSWORD_FILE"`
CREATE ROLE cesai_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE cesai_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE cesai OWNER cesai_owner;
REVOKE ALL ON DATABASE cesai FROM PUBLIC;
GRANT CONNECT ON DATABASE cesai TO cesai_app;
SQL
sql cesai <<'SQL'
CREATE EXTENSION pg_trgm;
ALTER DEFAULT PRIVILEGES FOR ROLE cesai_owner
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cesai_app;
ALTER DEFAULT PRIVILEGES FOR ROLE cesai_owner GRANT USAGE ON SEQUENCES TO cesai_app;
SQL
