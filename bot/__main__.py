"""`python -m bot`."""

from bot.commands.app import main

main()
