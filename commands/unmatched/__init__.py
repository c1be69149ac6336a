"""Money and facts whose order is not known yet."""
