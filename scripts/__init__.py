"""Development scripts; not part of the package."""
