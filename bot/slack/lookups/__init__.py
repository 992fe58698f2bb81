"""A look-up from a message or a command to its card."""
