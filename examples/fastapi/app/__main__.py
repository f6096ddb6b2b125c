# kgscaffold:id=app/run
"""Run the shop: `python -m app`. PORT and HOST are honoured."""

import os

import uvicorn

if __name__ == "__main__":
    uvicorn.run(
        "app.main:app",
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        timeout_graceful_shutdown=30,
    )
