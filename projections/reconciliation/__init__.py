"""Our books beside those of providers, banks and partners."""
