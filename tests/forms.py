"""The short names of a framework's projects in each language and module system."""

from __future__ import annotations

from kgscaffold.answers import LanguageName, ModuleSystem
from kgscaffold.stacks.model import Stack

_SHORT = {
    LanguageName.TYPESCRIPT: "ts",
    LanguageName.JAVASCRIPT: "js",
    ModuleSystem.ESM: "esm",
    ModuleSystem.COMMONJS: "cjs",
}


def name_of_form(stack: Stack) -> str:
    """Give `express` for the usual form, `express-js-cjs` for another one."""
    usual = stack.framework.cores[0].language
    if (stack.language, stack.system) == (usual, usual.module_systems[0]):
        return str(stack.framework.name)
    return f"{stack.framework.name}-{_SHORT[stack.language.name]}-{_SHORT[stack.system]}"
