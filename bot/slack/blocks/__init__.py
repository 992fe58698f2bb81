"""Block Kit values, and text in Slack's markup."""
