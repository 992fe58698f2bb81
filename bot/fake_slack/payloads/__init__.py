"""Payloads that Slack sends, as its reference documents them."""
