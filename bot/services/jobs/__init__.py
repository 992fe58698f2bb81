"""What watches and bulk look-ups share."""
