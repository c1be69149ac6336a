"""Commands on disputes at the card issuer."""
