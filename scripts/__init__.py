"""Scripts for who works on voicestatus; not part of the package."""
