"""A ledger on a Citus cluster. The tests need the address of a coordinator in REDLEDGER_TEST_CITUS_URL."""
