"""Takes in the messages and files of partners: finds what their facts are about, and records them."""
