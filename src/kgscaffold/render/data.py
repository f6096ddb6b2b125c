"""The variables of templates: the answers, and the records of the combination as plain data."""

from __future__ import annotations

import shlex

from kgscaffold.answers import Answers
from kgscaffold.stacks.model import Requirement, Stack


def template_data(answers: Answers, stack: Stack) -> dict[str, object]:
    """Give the variables that templates may use: texts, and lists and tables of these."""
    return {
        "project_name": answers.project_name,
        "app_path": answers.app_path,
        "app_import": stack.language.module_import(answers.app_path),
        "module_path": answers.module,
        "suffix": stack.language.suffixes[0].removeprefix("."),
        "run_path": stack.language.run_path(answers.module),
        "run_module": stack.language.run_module(answers.module),
        "migrations_folder": stack.library.migrations.folder.format(app=answers.app_path),
        "module_import": stack.language.module_import(answers.module),
        "route": answers.route,
        "orders_table": answers.orders_table,
        "order_data_key": answers.order_data_key,
        "database": {
            "title": stack.database.title,
            "scheme": stack.driver.scheme,
            "driver": stack.driver.name,
            "url": stack.driver.url.format(name=answers.project_name),
            "other_url": stack.driver.url.format(name="EMPTY_DATABASE"),
        },
        "commands": {
            "environment": shlex.join(stack.language.environment),
            "activate": stack.language.activate,
            "setup": _setup(stack, answers),
            **{name: shlex.join(one) for name, one in _commands(stack, answers)},
        },
        "requirements": [_described(one) for one in _needed(stack, development=False)],
        "development": [_described(one) for one in _needed(stack, development=True)],
        "untyped": [module for one in stack.requirements for module in one.untyped],
    }


def _setup(stack: Stack, answers: Answers) -> list[str]:
    """Give the lines of a shell that make a project ready to migrate and start."""
    language, commands = stack.language, stack.commands(answers)
    lines = (shlex.join(language.environment), language.activate, shlex.join(commands.install))
    return [line for line in (*lines, shlex.join(commands.build)) if line]


def _commands(stack: Stack, answers: Answers) -> list[tuple[str, list[str]]]:
    return list(stack.commands(answers).document().items())


def _needed(stack: Stack, *, development: bool) -> list[Requirement]:
    return [one for one in stack.requirements if one.development is development]


def _described(requirement: Requirement) -> dict[str, str]:
    return {
        "text": requirement.text,
        "name": requirement.names[0],
        "versions": requirement.versions,
        "why": requirement.why,
    }
