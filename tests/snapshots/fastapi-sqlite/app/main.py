# kgscaffold:id=app/main
"""The application: orders, and the KryptoGO callback with its worker."""

import logging

from fastapi import FastAPI

from app import shop
from app.kryptogo import router as kryptogo

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("httpx").setLevel(logging.WARNING)

app = FastAPI(title="shop")
app.include_router(shop.router)
app.include_router(kryptogo)
