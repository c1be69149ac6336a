"""The closed set of facts that partners report, independent of the partner and its format."""
