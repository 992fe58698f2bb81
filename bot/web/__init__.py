"""The HTTP port: Slack's endpoint in HTTP mode; health and metrics in both modes."""
