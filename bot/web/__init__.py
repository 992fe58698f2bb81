"""The HTTP server: Slack's endpoint in HTTP mode; health and metrics in both modes."""
