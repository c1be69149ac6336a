"""Commands: one file for each, with its model and its decision."""
