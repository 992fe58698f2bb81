"""SOAP as text and errors, without I/O."""
