"""What people type: ids, and what they ask about them."""
