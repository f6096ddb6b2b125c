"""The small templates of the scenarios, near-identical functions and all."""

from __future__ import annotations

from tests.merge.worlds import Templates, template, templates

HANDLERS = "app/handlers.py"
WORKER = "app/core/worker.py"
CLIENT = "app/core/client.py"


def handler(name: str) -> str:
    """Give one of several functions that differ in nothing but their name."""
    return f"""async def on_{name}(tx, payment, event):
    order = await find_order(tx, payment)
    order.changed_at = event.at
    order.note = event.note
    await tx.flush()
    log_change(order)
    order.seen = True
    return order
"""


def handlers(*names: str) -> str:
    """Give a module of such functions."""
    header = "# kgscaffold:id=module/handlers\nfrom app.orders import find_order, log_change\n"
    return "\n\n".join([header, *map(handler, names)])


def lines(*changes: tuple[str, str]) -> str:
    """Give a file of one plain function with some lines changed."""
    text = """# kgscaffold:id=core/worker
def work(queue):
    first = queue.first()
    second = first.next()
    third = second.next()
    fourth = third.next()
    fifth = fourth.next()
    sixth = fifth.next()
    return sixth
"""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def client(name: str = "client", wait: int = 10) -> str:
    """Give a file that is nearly the same under every name."""
    return f"""# kgscaffold:id=core/{name}
def fetch(session, address):
    answer = session.get(address, timeout={wait})
    answer.raise_for_status()
    document = answer.json()
    check_envelope(document)
    return document["data"]
"""


def first_release() -> Templates:
    """Give the templates that every scenario's project was made from."""
    return templates(
        template(HANDLERS, "module/handlers", handlers("pending", "success")),
        template(WORKER, "core/worker", lines()),
        template(CLIENT, "core/client", client()),
    )


def release(**texts: str) -> Templates:
    """Give the first release with other texts, by the last part of their ids."""
    files = first_release()
    paths = {file.id.rpartition("/")[2]: file for file in files.values()}
    for name, text in texts.items():
        file = paths[name]
        files[file.id] = template(file.path, file.id, text)
    return files


def without(files: Templates, file_id: str) -> Templates:
    """Give templates of which one is dropped."""
    return {name: file for name, file in files.items() if name != file_id}


def ship_on_success(text: str) -> str:
    """Give the handlers with goods shipped on success."""
    before, start, rest = text.partition("async def on_success")
    return (
        before
        + start
        + rest.replace("    await tx.flush()\n", "    await tx.flush()\n    ship_goods(order)\n", 1)
    )
