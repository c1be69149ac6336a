"""The buyer's money at the payment provider."""
