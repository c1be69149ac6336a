"""Partners' invoices for freight and duty."""
