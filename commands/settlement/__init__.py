"""Commands on provider settlement, holds, releases and merchant statements."""
