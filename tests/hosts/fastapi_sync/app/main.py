import logging

from fastapi import FastAPI

from app.routers import orders

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

app = FastAPI(title="Vouchers")
app.include_router(orders.router)


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
