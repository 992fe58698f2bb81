"""Slack's Web API and its errors."""
