"""A ledger on a Citus cluster: preparing the cluster, checking it, and moving a ledger of one server onto it."""
