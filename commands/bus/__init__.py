"""The path of a command from its submission to the log."""
