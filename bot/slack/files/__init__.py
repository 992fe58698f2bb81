"""Files of messages downloaded, and files of results uploaded."""
