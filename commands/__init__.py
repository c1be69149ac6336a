"""What may be asked: one file per command, holding its model and its decision."""
