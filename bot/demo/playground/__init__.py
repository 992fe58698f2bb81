"""The playground: the loopback Slack in a browser, to try all of the bot.

The page shows the state of the loopback Slack and makes its `Person` type and click. Every click
is a signed request to the real bot, and every answer comes back through the Web API or a
response_url. It is served to this machine only.
"""
