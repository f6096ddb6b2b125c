# kgscaffold:id=app/init
"""A small shop that takes KryptoGO payments. `.env` is read here, for every command."""

from dotenv import load_dotenv

load_dotenv()
