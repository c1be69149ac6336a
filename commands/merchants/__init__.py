"""Commands on merchants in the programme."""
