"""Payment providers: turns their settlement reports and webhooks into commands."""
