"""Slack's validation rules for blocks, messages and views."""
