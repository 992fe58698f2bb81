"""What comes from Slack: Bolt's app, Socket Mode, checks of payloads."""
