"""The small templates of the scenarios, near-identical functions and all, in each language.

The lines that scenarios edit read alike in all of them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.merge.worlds import Templates, template, templates

_CALLS = """\
    {const}first = queue.first()
    {const}second = first.next()
    {const}third = second.next()
    {const}fourth = third.next()
    {const}fifth = fourth.next()
    {const}sixth = fifth.next()
    return sixth
"""


class Shop:
    """A project of a language, as far as the scenarios need one."""

    name: str
    suffix: str
    mark: str
    UGLY: str
    """The worker in a layout that the language's formatter would not leave, and as it has it."""
    CLEAN: str

    def __init__(self) -> None:
        self.HANDLERS = self.path("app/handlers")
        self.WORKER = self.path("app/core/worker")
        self.CLIENT = self.path("app/core/client")
        self.RETRY = self.path("app/core/retry")

    def install_formatter(self, root: Path) -> None:
        """Have a project use the language's formatter."""
        raise NotImplementedError

    def handler(self, name: str) -> str:
        """Give one of several functions that differ in nothing but their name."""
        raise NotImplementedError

    def lines(self, *changes: tuple[str, str]) -> str:
        """Give a file of one plain function with some lines changed."""
        raise NotImplementedError

    def client(self, name: str = "client", wait: int = 10) -> str:
        """Give a file that is nearly the same under every name."""
        raise NotImplementedError

    def path(self, name: str) -> str:
        """Give the path of a file in the language."""
        return f"{name}{self.suffix}"

    def comment(self, text: str) -> str:
        """Give a line that says nothing to a computer."""
        return f"{self.mark} {text}\n"

    def header(self, file_id: str) -> str:
        """Give the line with a file's id."""
        return self.comment(f"kgscaffold:id={file_id}")

    def handlers(self, *names: str) -> str:
        """Give a module of near-identical functions."""
        return "\n\n".join([self._start(), *map(self.handler, names)])

    def first_release(self) -> Templates:
        """Give the templates that every scenario's project was made from."""
        return templates(
            template(self.HANDLERS, "module/handlers", self.handlers("pending", "success")),
            template(self.WORKER, "core/worker", self.lines()),
            template(self.CLIENT, "core/client", self.client()),
        )

    def release(self, **texts: str) -> Templates:
        """Give the first release with other texts, by the last part of their ids."""
        files = self.first_release()
        paths = {file.id.rpartition("/")[2]: file for file in files.values()}
        for name, text in texts.items():
            file = paths[name]
            files[file.id] = template(file.path, file.id, text)
        return files

    def ship_on_success(self, text: str) -> str:
        """Give the handlers with goods shipped on success."""
        before, start, rest = text.partition("on_success")
        flush = "    await tx.flush()\n"
        return before + start + rest.replace(flush, f"{flush}    ship_goods(order)\n", 1)

    def _start(self) -> str:
        raise NotImplementedError


class PythonShop(Shop):
    """In Python."""

    name, suffix, mark = "python", ".py", "#"
    UGLY = """# kgscaffold:id=core/worker
def work( queue ):
    first = queue.first( )
    values = { 'a':1,
               'b':2 }
    third = first.next( )
    return  third
"""
    CLEAN = """# kgscaffold:id=core/worker
def work(queue):
    first = queue.first()
    values = {"a": 1, "b": 2}
    third = first.next()
    return third
"""

    def install_formatter(self, root: Path) -> None:
        """Have a project use ruff, that of this environment."""
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        (root / "ruff.toml").write_text("line-length = 80\n")

    def handler(self, name: str) -> str:
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

    def lines(self, *changes: tuple[str, str]) -> str:
        """Give a file of one plain function with some lines changed."""
        text = f"{self.header('core/worker')}def work(queue):\n{_CALLS.format(const='')}"
        return _changed(text, changes)

    def client(self, name: str = "client", wait: int = 10) -> str:
        """Give a file that is nearly the same under every name."""
        return f"""{self.header(f"core/{name}")}def fetch(session, address):
    answer = session.get(address, timeout={wait})
    answer.raise_for_status()
    document = answer.json()
    check_envelope(document)
    return document["data"]
"""

    def _start(self) -> str:
        imports = "from app.orders import find_order, log_change\n"
        return self.header("module/handlers") + imports


class TypeScriptShop(Shop):
    """In TypeScript, as an ES module."""

    name, suffix, mark = "typescript", ".ts", "//"
    exported, typed = "export ", ": Queue"
    UGLY = """// kgscaffold:id=core/worker
export function work( queue : Queue ) {
    const first = queue.first( )
    const values = { 'a':1,
               'b':2 }
    const third = first.next( )
    return  third
}
"""
    CLEAN = """// kgscaffold:id=core/worker
export function work(queue: Queue) {
  const first = queue.first();
  const values = { a: 1, b: 2 };
  const third = first.next();
  return third;
}
"""

    def install_formatter(self, root: Path) -> None:
        """Have a project use prettier, as it would be installed."""
        from tests.merge.prettier import install

        install(root)

    def handler(self, name: str) -> str:
        """Give one of several functions that differ in nothing but their name."""
        return f"""{self.exported}async function on_{name}(tx, payment, event) {{
    const order = await find_order(tx, payment)
    order.changed_at = event.at
    order.note = event.note
    await tx.flush()
    log_change(order)
    order.seen = true
    return order
}}
"""

    def lines(self, *changes: tuple[str, str]) -> str:
        """Give a file of one plain function with some lines changed."""
        start = f"{self.exported}function work(queue{self.typed}) {{\n"
        text = f"{self.header('core/worker')}{start}{_CALLS.format(const='const ')}}}\n"
        return _changed(text, changes)

    def client(self, name: str = "client", wait: int = 10) -> str:
        """Give a file that is nearly the same under every name."""
        return f"""{self.header(f"core/{name}")}{self.exported}function fetch(session, address) {{
    const answer = session.get(address, timeout={wait})
    answer.raise_for_status()
    const document = answer.json()
    check_envelope(document)
    return document["data"]
}}
"""

    def _start(self) -> str:
        imports = 'import { find_order, log_change } from "../orders.js"\n'
        return self.header("module/handlers") + imports


class JavaScriptShop(TypeScriptShop):
    """In JavaScript, as CommonJS."""

    name, suffix = "javascript", ".js"
    exported, typed = "exports.work = ", ""
    UGLY = TypeScriptShop.UGLY.replace(" : Queue", "").replace("export ", "")
    CLEAN = TypeScriptShop.CLEAN.replace(": Queue", "").replace("export ", "")

    def handler(self, name: str) -> str:
        """Give one of several functions that differ in nothing but their name."""
        text = super().handler(name)
        return text.replace(f"{self.exported}async function", f"exports.on_{name} = async function")

    def _start(self) -> str:
        imports = 'const { find_order, log_change } = require("../orders")\n'
        return self.header("module/handlers") + imports


SHOPS = (PythonShop(), TypeScriptShop(), JavaScriptShop())


def without(files: Templates, file_id: str) -> Templates:
    """Give templates of which one is dropped."""
    return {name: file for name, file in files.items() if name != file_id}


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text
