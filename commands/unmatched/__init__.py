"""Commands on money and facts without a known order."""
