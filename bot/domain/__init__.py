"""The lowest layer: values and decisions. Standard library only; no await, clock, environment."""
