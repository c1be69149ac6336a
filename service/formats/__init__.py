"""Reads the formats that several partners' messages and files share."""
