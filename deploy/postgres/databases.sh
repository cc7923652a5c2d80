#!/bin/sh
# Run once by the Postgres image, when it makes its data folder. Apportion's user is no superuser: row security holds for it.
exec psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE apportion LOGIN CREATEROLE PASSWORD :'password';
CREATE ROLE registry LOGIN PASSWORD :'password';
CREATE DATABASE apportion OWNER apportion;
CREATE DATABASE registry OWNER registry;
SQL
