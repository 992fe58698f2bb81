"""Look-ups: reading the question, asking the gateway, showing the card."""
