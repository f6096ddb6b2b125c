"""The tools that bring a database's tables up to date, and how they order their migrations."""
