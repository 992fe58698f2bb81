"""Bulk look-ups in Slack: from a list or a file to the report."""
