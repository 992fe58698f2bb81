"""A strict fake Slack on loopback: Web API, response URLs, Socket Mode, block rules, users.

It implements Slack's side of the wire with aiohttp only and imports nothing of the bot.
`bot.fake_slack.slack_server` assembles the parts.
"""
