"""The relay: publishes the log to NATS JetStream, each book to a stream of its own."""
