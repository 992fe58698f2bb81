"""Where an answer goes, and where it goes when that is closed."""
