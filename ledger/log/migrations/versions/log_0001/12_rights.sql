-- The application may read the log and change it through the functions below only.

-- A role belongs to the server: another ledger or an administrator may have created it already.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'redledger_app') THEN
        CREATE ROLE redledger_app NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'redledger_app', 'SET') THEN
        GRANT redledger_app TO CURRENT_USER;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- a concurrent migration created it
END
$$;

CREATE SCHEMA views;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA log FROM PUBLIC;
GRANT USAGE ON SCHEMA log TO redledger_app;
GRANT SELECT ON ALL TABLES IN SCHEMA log TO redledger_app;
GRANT EXECUTE ON FUNCTION log.append, log.append_marker, log.assign_books, log.position_as_known_at, log.put_aside,
    log.take_up, log.give_keys TO redledger_app;
GRANT USAGE, CREATE ON SCHEMA views TO redledger_app;
