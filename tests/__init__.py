"""The tests of RedLedger, one claim each."""
