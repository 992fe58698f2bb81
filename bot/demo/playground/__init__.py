"""The playground: the loopback Slack in a browser, so that people can see and use all of the bot.

The page only shows what the loopback Slack holds and asks its `Person` to type and click; every
click is a signed request to the real bot, every answer comes back through the Web API or a
response_url. It is served to this machine alone.
"""
