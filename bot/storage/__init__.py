"""What the bot stores, in a SQLite file or in PostgreSQL. Imports only the domain."""
