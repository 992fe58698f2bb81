"""Watches in Slack: the form, the list, the notice."""
