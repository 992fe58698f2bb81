"""Floor 2: the use cases. They know no Slack and no terminal."""
