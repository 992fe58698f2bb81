"""The parts of the loopback Slack: block rules, Web API, response URLs, sockets.

Everything here plays Slack's side of the wire on aiohttp alone and knows nothing of the bot.
`bot.fake_slack.slack_server` puts the parts together.
"""
