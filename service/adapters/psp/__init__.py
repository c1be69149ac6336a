"""Payment providers: their settlement reports, and what their webhooks say, as commands of ours."""
