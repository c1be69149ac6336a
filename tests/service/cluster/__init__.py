"""The declared places, and the command line on a server that is no cluster."""
