"""The sandbox gateway: a fake of the SOAP service with scripted answers.

For the demo, the tests and integration work. `answers.SCRIPTED` lists every id and
`server.running_sandbox` serves them. It may not import the client's modules; it stores no secret.
"""
