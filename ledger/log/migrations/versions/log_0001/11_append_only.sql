-- Recorded rows never change: the application has no right to change them (12_rights.sql), and triggers stop the owner.

CREATE FUNCTION log.refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RL003', MESSAGE = format('the log is append-only: %s is refused', TG_OP);
END
$$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER outcomes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.outcomes
FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE FUNCTION log.refuse_other_identity() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.ledger_id, OLD.zone, OLD.created_at, OLD.demonstration)
        IS DISTINCT FROM (NEW.ledger_id, NEW.zone, NEW.created_at, NEW.demonstration) OR NEW.books < OLD.books
    THEN
        RAISE EXCEPTION USING ERRCODE = 'RL003',
            MESSAGE = 'only the epoch and the number of books of a ledger''s identity may change';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER identity_kept BEFORE UPDATE OR DELETE ON log.identity
FOR EACH ROW EXECUTE FUNCTION log.refuse_other_identity();
