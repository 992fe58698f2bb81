"""The whole product without Slack and without a gateway account: playground, gallery, tour.

It runs the real bot between `bot.fake_slack` and the sandbox gateway, as the tests do.
"""
