# kgscaffold:id=app/run
"""Run the shop: `python -m app`. PORT and HOST are honoured."""

import os

import uvicorn

if __name__ == "__main__":
    port = os.environ.get("PORT", "8000")
    if not port.isdecimal() or int(port) > 65535:
        raise SystemExit(f"PORT is {port!r}. Set it to a number up to 65535.")
    uvicorn.run(
        "app.main:app",
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(port),
        timeout_graceful_shutdown=30,
    )
