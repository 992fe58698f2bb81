"""The SOAP gateway. Imports only the domain; knows neither Slack nor the settings."""
