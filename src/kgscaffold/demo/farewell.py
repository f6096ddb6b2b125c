"""What to read and run next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from kgscaffold.program import own_program
from kgscaffold.project.loading import load_lock
from kgscaffold.simulator import PORT

if TYPE_CHECKING:
    from kgscaffold.demo.project import Project
    from kgscaffold.demo.settings import Addresses
    from kgscaffold.demo.view import View
    from kgscaffold.languages.model import Command, Language


READING = (
    (("handlers/success",), "your code when an order is paid"),
    (("app/shop",), "the checkout, which registers the payment"),
    (("core/receive", "core/route"), "the callback: checked, stored, answered"),
    (("core/settle",), "KryptoGO asked, then one transaction"),
    (("core/decision",), "which status may follow which"),
    (("project/readme",), "configuration, tests, before real money"),
)
"""What to read of a shop: ids of files, the first that it has, and what is in it."""


def farewell(project: Project, addresses: Addresses, view: View) -> None:
    """Name the files that matter and the exact commands that run the shop again."""
    commands, language = project.commands, project.stack.language
    paths = {file.id: file.path for file in load_lock(project.root).files}
    enter = shlex.join(["cd", str(project.root)])
    view.say()
    view.say(f"The shop stays in {project.root}", "bold")
    view.say("Read:", "bold")
    for ids, about in READING:
        path = next(paths[one] for one in ids if one in paths)
        view.say(f"  {path:34} {about}")
    view.say("Run it again, each in a terminal of its own:", "bold")
    view.say(f"  {own_program()} simulate{_at(addresses)}")
    for command in filter(None, (commands.start, commands.work)):
        view.say(f"  {enter} && {_in_project(command, language)}")
    view.say("and in one more, with the ids of the answers:", "bold")
    for line in (
        _post(f"{addresses.shop}/orders", '{"amount":"300.0","currency":"TWD"}'),
        _post(f"{addresses.shop}/orders/ORDER/checkout"),
        _post(f"{addresses.simulator}/_simulator/intents/INTENT/status", '{"status":"success"}'),
        f"curl {addresses.shop}/orders/ORDER",
        f"{enter} && {_in_project(commands.ops, language)} show INTENT",
        f"{enter} && {_in_project(commands.test, language)}",
    ):
        view.say(f"  {line}")
    view.say("Or edit a handler, and run the demo again on the same folder.")


def _at(addresses: Addresses) -> str:
    return "" if addresses.simulator_port == PORT else f" --port {addresses.simulator_port}"


def _in_project(command: Command, language: Language) -> str:
    """Give a command for a shell that has not entered the project's environment, if it has one."""
    entered = f"{language.packages}/bin/" if language.environment else ""
    return shlex.join([f"{entered}{command[0]}", *command[1:]])


def _post(url: str, body: str = "") -> str:
    if not body:
        return f"curl -X POST {url}"
    return f"curl -X POST {url} -H 'Content-Type: application/json' -d '{body}'"
