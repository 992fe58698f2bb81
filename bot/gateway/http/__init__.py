"""Requests to the gateway over HTTP; the only place that imports httpx."""
