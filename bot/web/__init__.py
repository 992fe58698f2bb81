"""The HTTP server: Slack's endpoint in HTTP mode; health and metrics in both modes."""

from typing import Final

# Here, because the manifest needs it without the libraries of the server.
SLACK_PATH: Final = "/slack/events"
