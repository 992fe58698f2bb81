"""User input: ids, and questions about them."""
