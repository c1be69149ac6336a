"""What carriers and tracking providers send, turned into reports: a module a provider, each with `commands_from`."""
