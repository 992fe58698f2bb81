"""Floor 1: the SOAP gateway. Stands on the domain alone; knows no Slack and no settings."""
