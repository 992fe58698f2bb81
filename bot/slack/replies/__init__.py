"""Where an answer is posted, and the fallbacks if Slack refuses it there."""
