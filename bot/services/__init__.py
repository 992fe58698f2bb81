"""The use cases. They know neither Slack nor the terminal."""
