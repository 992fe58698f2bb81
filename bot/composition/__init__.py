"""The only place where objects are made, each once, from the settings."""
