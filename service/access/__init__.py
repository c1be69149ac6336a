"""Access from outside: the text of tokens, their check, and their creation, rotation and revocation."""
