#!/bin/sh
# Fills the empty databases of a new volume from a folder of deploy/backup.sh, and makes the ledger's read tables anew.
# It needs the keys, and comes before the worker starts: docs/operations.md, Restore.
set -eu
folder=${1:?'name the folder of a backup, for example backup/2026-01-31'}

for name in leads leads_web temporal temporal_visibility; do
  docker compose exec -T postgresql pg_restore --username=postgres --dbname="$name" --single-transaction < "$folder/$name.dump"
done
docker compose run --rm --no-deps -T worker leads rebuild
