"""Files of partners, bank statements, and breaks."""
