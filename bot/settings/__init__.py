"""The operator's settings, and the messages for missing or wrong ones."""
