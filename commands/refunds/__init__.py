"""Commands on refunds, from the request to the payment."""
