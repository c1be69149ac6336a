"""Files of partners: read and checked whole, accepted once, then recorded row by row."""
