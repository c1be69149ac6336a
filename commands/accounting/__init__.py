"""Commands on the platform's own books, and on accounting periods."""
