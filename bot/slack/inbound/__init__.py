"""Requests from Slack: Bolt's app, Socket Mode, payload checks."""
