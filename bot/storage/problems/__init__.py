"""What can be wrong with a database, and what an operator can do about it."""
