"""Routes of the HTTP application: what is answered at each address."""
