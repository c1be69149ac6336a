-- Whether a stored entry sums to zero in CNY, and each of its merchant lines (21xx) is CNY and names its merchant.
-- A loop, because entries are short: a query over the elements takes nearly twice as long, regular expressions three
-- times. Never null, which a CHECK would let pass.
CREATE FUNCTION log.entry_balances(p_entry text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    v_lines constant jsonb := p_entry;
    v_line jsonb;
    v_account text;
    v_sum bigint := 0;
BEGIN
    FOR i IN 0 .. jsonb_array_length(v_lines) - 1 LOOP
        v_line := v_lines -> i;
        v_account := v_line ->> 'account';
        v_sum := v_sum + (v_line ->> 'base')::bigint;
        IF v_account IS NULL
            OR starts_with(v_account, '21')
            AND (v_line ->> 'currency' IS DISTINCT FROM 'CNY' OR v_line ->> 'merchant' IS NULL)
        THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN v_account IS NOT NULL AND coalesce(v_sum = 0, false);
END
$$;
