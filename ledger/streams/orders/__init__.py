"""The stream of one order, part by part."""
