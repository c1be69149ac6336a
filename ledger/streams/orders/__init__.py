"""What the stream of one order remembers, part by part."""
