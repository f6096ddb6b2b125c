"""The grammars of TypeScript and JavaScript are imported where there is something to merge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UPDATE = """
import sys
from pathlib import Path
from tests.merge.worlds import initialise, node_shop, update
root, name, edited = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "edited"
files = {file.id: file for file in node_shop(name)}
initialise(root, files)
handler = files["handlers/success"]
path = root / handler.path
path.write_text(path.read_text() + "// mine\\n")
if edited:
    files["handlers/success"] = handler._replace(content=b"// theirs\\n" + handler.content)
for options in ([], ["--check"]):
    update(root, files, *options)
print("tree_sitter" in sys.modules)
"""


@pytest.mark.parametrize("name", ["typescript", "javascript"])
@pytest.mark.parametrize(("what", "imported"), [("edited", "True"), ("same", "False")])
def test_an_update_with_nothing_to_do_imports_no_grammar(
    what: str, imported: str, name: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UPDATE, str(tmp_path / "shop"), name, what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == imported
