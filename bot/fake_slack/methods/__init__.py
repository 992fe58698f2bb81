"""The methods of the Web API."""
