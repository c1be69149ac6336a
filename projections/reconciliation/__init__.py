"""Read models that compare our books with the reports of providers, banks and partners."""
