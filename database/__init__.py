"""Where everything told, decided and done is kept: SQLite by default, PostgreSQL by setting."""
