"""Files of partners: read and checked completely, accepted once, then recorded row by row."""
