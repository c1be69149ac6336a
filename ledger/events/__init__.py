"""The published language: every event, by the part of the business it belongs to."""
