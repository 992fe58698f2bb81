"""Cards, notes and modals as plain data."""
