"""The tables of watches and bulks, and how a process claims what is due in them."""
