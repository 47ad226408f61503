#!/bin/sh
# Copies the databases of the running service into a folder: sh deploy/backup.sh backup/$(date +%F)
# What lists and pages read of each lead (the ledger's read tables) is left out: it names people in clear, and is made anew
# from the events after a restore (deploy/restore.sh). All else that names people is sealed; the keys are not among it.
set -eu
folder=${1:?'name a folder, for example backup/2026-01-31'}
umask 077
mkdir -p "$folder"

# The ledger comes first: what it lacks of a newer Temporal its leads write again; the other way round they could not.
for name in leads leads_web temporal temporal_visibility; do
  docker compose exec -T postgresql pg_dump --username=postgres --format=custom \
    --exclude-table-data='ledger_(leads|stages|money|terms|invoices|unbilled|agenda|names|words)' "$name" > "$folder/$name.part"
  mv "$folder/$name.part" "$folder/$name.dump"
done
