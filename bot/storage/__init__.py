"""What the bot remembers, in a SQLite file or in PostgreSQL. Stands on the domain only."""
