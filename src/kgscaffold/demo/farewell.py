"""What to read and run next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from kgscaffold.program import own_program
from kgscaffold.simulator import PORT

if TYPE_CHECKING:
    from kgscaffold.demo.project import Project
    from kgscaffold.demo.settings import Addresses
    from kgscaffold.demo.view import View
    from kgscaffold.languages.model import Command, Language


def farewell(project: Project, addresses: Addresses, view: View) -> None:
    """Name the files that matter and the exact commands that run the shop again."""
    module, commands = project.answers.module, project.commands
    language = project.stack.language
    suffix = language.suffixes[0]
    enter = shlex.join(["cd", str(project.root)])
    view.say()
    view.say(f"The shop stays in {project.root}", "bold")
    view.say("Read:", "bold")
    for path, about in (
        (f"{module}/handlers/success{suffix}", "your code when an order is paid"),
        (f"{project.answers.app_path}/shop{suffix}", "the checkout, which registers the payment"),
        (f"{module}/core/route{suffix}", "the callback: checked, stored, answered"),
        (f"{module}/core/settle{suffix}", "KryptoGO asked, then one transaction"),
        (f"{module}/core/decision{suffix}", "which status may follow which"),
        ("README.md", "configuration, tests, before real money"),
    ):
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
