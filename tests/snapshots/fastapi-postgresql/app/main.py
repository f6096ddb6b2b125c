# kgscaffold:id=app/main
"""The application: orders, and the KryptoGO callback with its worker."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from app import shop
from app.kryptogo import router as kryptogo

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("httpx").setLevel(logging.WARNING)

app = FastAPI(title="shop")
app.include_router(shop.router)
app.include_router(kryptogo)


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
    """Name the fields at fault. What was sent is not repeated: not all of it is JSON again."""
    detail = [{"loc": fault["loc"], "msg": fault["msg"]} for fault in error.errors()]
    return JSONResponse({"detail": detail}, 422)
