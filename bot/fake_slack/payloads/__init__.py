"""What Slack sends, in the shapes of its reference."""
