"""What waits for people, and what falls due for timers."""
