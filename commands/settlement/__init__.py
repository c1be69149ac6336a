"""Provider settlement, holds, releases and merchant statements."""
