"""What happened: the events of every order, the money they move, and the log that keeps them."""
