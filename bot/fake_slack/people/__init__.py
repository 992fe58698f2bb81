"""What people do in the loopback Slack, sent to the bot."""
