"""Floor 3: everything that knows Slack."""
