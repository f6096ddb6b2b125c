"""The forms of the module's machinery, as data. No framework and no database is mentioned here."""

from __future__ import annotations

from kgscaffold.languages.node import JAVASCRIPT, TYPESCRIPT
from kgscaffold.languages.python import PYTHON
from kgscaffold.stacks.model import Core, Requirement

_HTTPX = Requirement("httpx>=0.27,<1", brings=("anyio",))
_DOTENV = Requirement("python-dotenv>=1")
_TOOLS = tuple(
    Requirement(text, development=True) for text in ("mypy>=1.15", "pytest>=8", "ruff>=0.9")
)

PYTHON_ASYNC = Core(
    language=PYTHON,
    layers=("python/core", "python/asyncio", "python/handlers", "shop/common", "shop/python"),
    requirements=(
        _HTTPX,
        Requirement(
            "sniffio>=1.3",
            why="httpx asks for it at every request: where it is missing, Python searches for it"
            " each time.",
        ),
        _DOTENV,
        *_TOOLS,
    ),
)

PYTHON_SYNC = Core(
    language=PYTHON,
    layers=(
        "python/sync/core",
        "python/sync/handlers",
        "python/threads",
        "shop/common",
        "shop/python",
    ),
    requirements=(_HTTPX, _DOTENV, *_TOOLS),
)

_BIG = Requirement("big.js@^7.0.1")
_NODE_LAYERS = ("node/{form}/core", "shop/common", "shop/node", "shop/node_{form}")


_OF_FUNCTIONS = (*_NODE_LAYERS, "node/{form}/handlers", "shop/node_{language}")


def _of_node(*texts: str) -> tuple[Requirement, ...]:
    """Give what both languages are developed with, and `texts`."""
    both = (
        "@eslint/js@^10.0.0",
        "@types/big.js@^7.0.0",
        "@types/node@^22.20.0",
        "eslint@^10.15.0",
        "prettier@^3.10.0",
        "typescript@~6.0.3",
    )
    return tuple(Requirement(text, development=True) for text in (*both, *texts))


NODE_TYPESCRIPT = Core(
    language=TYPESCRIPT,
    layers=_OF_FUNCTIONS,
    requirements=(_BIG, *_of_node("tsx@^4.23.0", "typescript-eslint@^8.74.0")),
)

NODE_JAVASCRIPT = Core(
    language=JAVASCRIPT,
    layers=_OF_FUNCTIONS,
    requirements=(_BIG, *_of_node("globals@^17.14.0")),
)

NODE_CLASSES = Core(
    language=TYPESCRIPT,
    layers=_NODE_LAYERS,
    requirements=(_BIG, *_of_node("typescript-eslint@^8.74.0")),
)
"""Its handlers are classes with decorators: the framework's layers have them."""
