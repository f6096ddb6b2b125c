"""Fill templates with answers; copier does it, and nothing else knows of copier.

What copier does for each file and each part of a path costs more than the text itself, and for
every file it asks git about the one that it replaces. So it is given a flat folder with nothing but
the texts that have placeholders, all the paths as one more of these texts, and no git.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kgscaffold.render.layers import MACROS, SUFFIX, Template, templates_root, unreadable

SETTINGS = f"""\
_templates_suffix: {SUFFIX}
_exclude: [/copier.yml, /{MACROS}]
_envops:
  keep_trailing_newline: true
  trim_blocks: true
  lstrip_blocks: true
  undefined: jinja2.StrictUndefined
"""
_PATHS = "paths"
_BETWEEN = "\0"  # in no path, and nothing to jinja


def fill(
    templates: Sequence[Template], macros: Mapping[str, bytes], data: Mapping[str, object]
) -> Iterator[tuple[Template, str, bytes]]:
    """Give each template with the path and the content that it has with `data`.

    A template is left out where a part of its path comes out empty. Raises PreconditionError where
    the templates cannot be rendered.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="kgscaffold-") as folder:
        source, target = Path(folder) / "templates", Path(folder) / "texts"
        _lay_out(source, templates, macros)
        _run_copier(source, target, data)
        paths = (target / _PATHS).read_text(encoding="utf-8").split(_BETWEEN)
        for index, (path, template) in enumerate(zip(paths, templates, strict=True)):
            if all(path.split("/")):
                text = target / _flat_name(index, template)
                yield template, path, text.read_bytes() if template.rendered else template.content


def _lay_out(source: Path, templates: Sequence[Template], macros: Mapping[str, bytes]) -> None:
    source.mkdir()
    (source / "copier.yml").write_text(SETTINGS, encoding="utf-8")
    paths = _BETWEEN.join(template.path for template in templates)
    (source / f"{_PATHS}{SUFFIX}").write_text(paths, encoding="utf-8")
    for name, content in macros.items():
        path = source / MACROS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for index, template in enumerate(templates):
        if template.rendered:
            name = f"{_flat_name(index, template)}{SUFFIX}"
            (source / name).write_bytes(template.content)


def _flat_name(index: int, template: Template) -> str:
    """Give a name that is like no other, but like the template's own in an error."""
    return f"{index}-" + re.sub(r"[^\w.-]", "_", template.path.rpartition("/")[2])


def _run_copier(source: Path, target: Path, data: Mapping[str, object]) -> None:
    import copier
    from copier.errors import CopierError
    from jinja2 import TemplateError
    from plumbum import local

    try:
        with local.env(PATH=""):
            copier.run_copy(
                str(source),
                target,
                data=dict(data),
                settings=copier.Settings(),
                defaults=True,
                overwrite=True,
                quiet=True,
                unsafe=False,
            )
    except (CopierError, TemplateError, OSError, UnicodeError) as error:
        raise unreadable(templates_root(), f"{type(error).__name__}: {error}") from error
