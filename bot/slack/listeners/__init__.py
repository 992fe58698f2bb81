"""The listeners, one class for each Slack feature; they do not import each other.

Constructors take services and `register` binds methods. Services are not passed in Bolt's
`context`, because Bolt copies or drops its values between middleware and listener.
"""
