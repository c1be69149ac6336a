"""Commands on the buyer's money at the payment provider."""
