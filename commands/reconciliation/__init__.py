"""Commands on partners' files, bank statements, and breaks."""
