-- A ledger founded for demonstration says so for ever: the hash of the identity covers it, and nothing changes it.
ALTER TABLE log.identity ADD COLUMN demonstration boolean NOT NULL DEFAULT false;

DROP FUNCTION log.identity_leaf(uuid, integer, text, timestamptz);
CREATE FUNCTION log.identity_leaf(
    p_ledger_id uuid, p_epoch integer, p_zone text, p_created_at timestamptz, p_demonstration boolean
) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(
    ARRAY[p_ledger_id::text, p_epoch::text, p_zone, log.instant_text(p_created_at), p_demonstration::text]
);

CREATE OR REPLACE FUNCTION log.raise_epoch() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE log.identity
    SET epoch = epoch + 1, leaf = log.identity_leaf(ledger_id, epoch + 1, zone, created_at, demonstration);
END
$$;

UPDATE log.identity SET leaf = log.identity_leaf(ledger_id, epoch, zone, created_at, demonstration);

CREATE FUNCTION log.refuse_other_identity() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.ledger_id, OLD.zone, OLD.created_at, OLD.demonstration)
        IS DISTINCT FROM (NEW.ledger_id, NEW.zone, NEW.created_at, NEW.demonstration)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'RL003', MESSAGE = 'of a ledger''s identity only the epoch may be raised';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER identity_kept BEFORE UPDATE OR DELETE ON log.identity
FOR EACH ROW EXECUTE FUNCTION log.refuse_other_identity();

-- The time of an append: the server's clock. In a demonstration it may be the scenario's, which is never ahead of the
-- server's and never goes back behind anything that is recorded in any book.
CREATE FUNCTION log.time_of_append(p_at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_at IS NULL THEN
        RETURN clock_timestamp();
    ELSIF NOT EXISTS (SELECT FROM log.identity WHERE demonstration) THEN
        RAISE EXCEPTION USING ERRCODE = 'RL005',
            MESSAGE = 'only a ledger founded for demonstration takes its clock from a scenario';
    ELSIF p_at > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RL006', MESSAGE = format('the scenario is at %s, which has not come yet', p_at);
    END IF;
    RETURN greatest(p_at, (SELECT max(h.recorded_at) FROM log.heads h));
END
$$;
