#!/bin/sh
# Creates a role for Temporal with two databases, and a role for the ledger with one, if they are missing. Sets both
# passwords every time: to change one, edit .env and restart. psql reads PGHOST, PGUSER and PGPASSWORD; the new
# passwords are passed in the environment, so that the process list does not show them.
set -eu
: "${TEMPORAL_DB_PASSWORD:?}" "${LEDGER_DB_PASSWORD:?}"

exec psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres <<'SQL'
\getenv temporal_password TEMPORAL_DB_PASSWORD
\getenv ledger_password LEDGER_DB_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', role)
  FROM unnest(ARRAY['temporal', 'leads']) AS role
 WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec

ALTER ROLE temporal PASSWORD :'temporal_password';
ALTER ROLE leads PASSWORD :'ledger_password';

SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
  FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('leads', 'leads')) AS wanted (name, owner)
 WHERE name NOT IN (SELECT datname FROM pg_database) \gexec

-- Neither role may connect to the other's databases.
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, leads FROM PUBLIC;
SQL
