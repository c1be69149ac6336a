"""Samples of every stored shape, written once and never changed: what they hold must be readable for ever."""
