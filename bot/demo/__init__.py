"""Floor 5: the whole product without a Slack and without a gateway account.

The loopback Slack and the person who types into it live here; the tests use the same.
"""
