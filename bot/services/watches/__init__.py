"""Watching a pending call until it ends."""
