"""Modals and Home tabs: opened, submitted, updated."""
