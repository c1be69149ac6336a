"""One book as an application of the event-sourcing library."""
