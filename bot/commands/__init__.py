"""The terminal commands, one module each; `app` declares them."""
