"""Looking up many calls in the background."""
