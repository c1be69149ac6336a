"""Commands on the programme's policies, and on exchange rates."""
