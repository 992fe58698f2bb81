"""What goes over the wire: Block Kit values, markup, payloads; and the style of messages."""
