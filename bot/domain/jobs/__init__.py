"""The values and decisions of watches and bulk look-ups."""
