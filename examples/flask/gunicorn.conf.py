# kgscaffold:id=app/gunicorn
"""gunicorn reads this file. PORT, HOST and WEB_CONCURRENCY (processes) are honoured."""

import os

from dotenv import load_dotenv

load_dotenv()
port = os.environ.get("PORT", "8000")
if not port.isdecimal() or int(port) > 65535:
    raise SystemExit(f"PORT is {port!r}. Set it to a number up to 65535.")
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{port}"
worker_class = "gthread"
# More than the pool has connections: while all wait for the database, other pages are answered.
threads = 64
graceful_timeout = 30
accesslog = "-"
control_socket_disable = True
