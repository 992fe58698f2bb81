"""The state of the fake workspace: users, conversations, messages, files."""
