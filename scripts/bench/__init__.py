"""Measurements, never assertions of time: machines differ, ratios of one run carry over."""
