"""Read models of merchants' money: balances, statements, payouts and due releases."""
