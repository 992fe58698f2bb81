"""The listeners, a small class for each feature of Slack; they do not know each other.

Constructors take services, `register` binds methods: what Bolt carries in its `context` is copied
or dropped on the way.
"""
