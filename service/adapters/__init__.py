"""Adapters: parse files and messages of payment providers, carriers, banks and other partners into commands."""
