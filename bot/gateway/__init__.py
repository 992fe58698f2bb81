"""Floor 1: the SOAP gateway. Depends on the domain alone; knows no Slack and no settings."""
