"""What the workspace holds: people, conversations, messages, files."""
