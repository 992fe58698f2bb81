"""Users of the loopback Slack, whose actions are sent to the bot."""
