"""The console: pages for people, made on the server from the answers of the registry of questions."""
