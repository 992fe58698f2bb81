"""The listeners: questions, buttons, and the App Home; they do not import each other.

Constructors take services and `register` binds methods. Services are not passed in Bolt's
`context`, because Bolt copies or drops its values between middleware and listener.
"""
