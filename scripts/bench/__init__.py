"""Benchmarks without assertions: machines differ, only ratios within one run are comparable."""
