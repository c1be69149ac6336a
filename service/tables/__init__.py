"""Every table that is printed or exported: its columns and its cells."""
