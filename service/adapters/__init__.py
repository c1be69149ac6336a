"""Where other people's formats become commands: importers, rate files, payment providers, carriers, banks."""
