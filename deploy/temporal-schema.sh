#!/bin/sh
# Creates Temporal's tables, or upgrades them to the version of this image. Safe to repeat. The databases must
# exist. temporal-sql-tool reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD from the environment.
set -eu

schema() { # DATABASE FOLDER
    temporal-sql-tool --db "$1" setup-schema -v 0.0 # keeps a higher version
    temporal-sql-tool --db "$1" update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
