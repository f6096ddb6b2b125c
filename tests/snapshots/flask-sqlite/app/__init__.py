# kgscaffold:id=app/init
"""A small shop that takes KryptoGO payments. `.env` is read here, for every command."""

import logging

from dotenv import load_dotenv
from flask import Flask

load_dotenv()


def create_app() -> Flask:
    """The application: orders, and the KryptoGO callback."""
    from app import db, shop
    from app.kryptogo import KryptoGO

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = Flask(__name__)
    db.init_app(app)
    app.register_blueprint(shop.blueprint)
    KryptoGO(app)
    return app
