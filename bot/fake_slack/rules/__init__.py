"""What Slack refuses of blocks, messages and views."""
