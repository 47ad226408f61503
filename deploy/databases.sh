#!/bin/sh
# Creates a role for Temporal with two databases, two roles for the ledger with one, and one for the pages with one, if
# they are missing: `leads_owner` makes the ledger's tables, `leads` only uses them; `leads_web` owns the store of accounts
# and may read the ledger. Sets the passwords every time: to change one, edit .env
# and restart. psql reads PGHOST, PGUSER and PGPASSWORD; the new passwords are passed in the environment, so that the
# process list does not show them.
set -eu
: "${TEMPORAL_DB_PASSWORD:?}" "${LEDGER_OWNER_DB_PASSWORD:?}" "${LEDGER_DB_PASSWORD:?}" "${WEB_DB_PASSWORD:?}"

exec psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres <<'SQL'
\getenv temporal_password TEMPORAL_DB_PASSWORD
\getenv owner_password LEDGER_OWNER_DB_PASSWORD
\getenv ledger_password LEDGER_DB_PASSWORD
\getenv web_password WEB_DB_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', role)
  FROM unnest(ARRAY['temporal', 'leads_owner', 'leads', 'leads_web']) AS role
 WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec

ALTER ROLE temporal PASSWORD :'temporal_password';
ALTER ROLE leads_owner PASSWORD :'owner_password';
ALTER ROLE leads PASSWORD :'ledger_password';
ALTER ROLE leads_web PASSWORD :'web_password';

SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
  FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('leads', 'leads_owner'),
               ('leads_web', 'leads_web'))
    AS wanted (name, owner)
 WHERE name NOT IN (SELECT datname FROM pg_database) \gexec

-- Tables that the service itself has made belong to the owner, too: their owner could remove the triggers.
\connect leads
REASSIGN OWNED BY leads TO leads_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, leads, leads_web;

-- No role may connect to another's databases.
REVOKE ALL ON DATABASE temporal, temporal_visibility, leads, leads_web FROM PUBLIC;
GRANT CONNECT ON DATABASE leads TO leads, leads_web;
SQL
