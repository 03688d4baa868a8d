#!/bin/sh
# Makes the secrets that docker-compose.yml names, in the directory given (./secrets).
# Those that are there are kept: without the credential keys, stored credentials are lost.
set -eu
directory="${1:-secrets}"
mkdir -p "$directory"
chmod 700 "$directory" # the files themselves must be readable to the container's user

random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_'; }
keep() { # keep NAME CONTENT: write it unless it is there
    [ -s "$directory/$1" ] && return
    printf '%s\n' "$2" > "$directory/$1.new"
    chmod 444 "$directory/$1.new"
    mv "$directory/$1.new" "$directory/$1"
}
plain() { random | tr -d '=_-'; }

keep postgres_password "$(plain)"
keep owner_password "$(plain)"
keep app_password "$(plain)"
keep secret_key "$(plain)$(plain)"
keep credential_keys "k1:$(random)"
keep certificate_key "$(plain)$(plain)"
keep database_url "postgres://cesai_app:$(cat "$directory/app_password")@db/cesai"
keep migrate_database_url "postgres://cesai_owner:$(cat "$directory/owner_password")@db/cesai"
