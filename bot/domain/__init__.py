"""Floor 0: values and decisions. Standard library only; no await, no clock, no environment."""
