"""Olist's marketplace orders as commands: a folder read whole, its money converted, its facts put in order."""
