-- Returns true if a stored entry sums to zero in CNY, all its merchant lines (21xx) are in CNY and name the same
-- merchant, and that merchant does not lose money to an account outside the list below. The list is that of
-- ledger/journal/charges.py: fee and its VAT, payouts, refunds, lost disputes and failed captures. Entries are short,
-- so a loop is fastest. The result is never null: a CHECK would accept null.
CREATE FUNCTION log.entry_balances(p_entry text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    v_lines constant jsonb := p_entry;
    v_line jsonb;
    v_account text;
    v_merchant text;
    v_base bigint;
    v_sum bigint := 0;
    v_lost bigint := 0;
    v_taken boolean := false;
BEGIN
    FOR i IN 0 .. jsonb_array_length(v_lines) - 1 LOOP
        v_line := v_lines -> i;
        v_account := v_line ->> 'account';
        v_base := v_line ->> 'base';
        v_sum := v_sum + v_base;
        IF v_account IS NULL THEN
            RETURN false;
        ELSIF starts_with(v_account, '21') THEN
            v_merchant := coalesce(v_merchant, v_line ->> 'merchant');
            IF v_line ->> 'currency' IS DISTINCT FROM 'CNY' OR v_line ->> 'merchant' IS DISTINCT FROM v_merchant
                OR v_merchant IS NULL
            THEN
                RETURN false;
            END IF;
            v_lost := v_lost + v_base;
        ELSIF v_base < 0 AND v_account NOT IN (
            '4110', '4120', '2410', '1010', '1110', '1120', '2210', '2220', '4210', '5210'
        ) THEN
            v_taken := true;
        END IF;
    END LOOP;
    RETURN v_account IS NOT NULL AND coalesce(v_sum = 0 AND NOT (v_taken AND v_lost > 0), false);
END
$$;
