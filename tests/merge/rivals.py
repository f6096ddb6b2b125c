"""What others do with the same files: `git merge`, and `copier update`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from kgscaffold.merge import Merge, Refusal
from kgscaffold.merge.formatters import Formatter
from kgscaffold.merge.parse import parses
from kgscaffold.merge.source import read_sources

_NOBODY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
Files = dict[str, str]


def git(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run git as nobody in particular, and give what it says."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | _NOBODY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout


def git_alone(
    base: bytes, ours: bytes, theirs: bytes, *, path: str, formatter: Formatter | None = None
) -> Merge | Refusal:
    """Do what `merge_text` does, with nothing but `git merge-file` to merge."""
    sources = read_sources(base, ours, theirs)
    if isinstance(sources, Refusal):
        return sources
    with TemporaryDirectory() as name:
        for side, content in (("base", base), ("ours", ours), ("theirs", theirs)):
            (Path(name) / side).write_bytes(content)
        command = ["git", "merge-file", "-p", "-q", "--diff3", "ours", "base", "theirs"]
        done = subprocess.run(
            command, cwd=name, env=os.environ | _NOBODY, capture_output=True, check=False
        )
    sound = None if done.returncode else parses(path, done.stdout)
    return Merge(done.stdout, done.returncode, parses=sound)


class CopierProject:
    """A project that copier made of a template in git, with tags for its releases."""

    def __init__(self, work: Path, files: Files) -> None:
        self.template, self.root = work / "template", work / "project"
        self.template.mkdir()
        git(self.template, "init", "-q")
        answers = "{{ _copier_answers|to_nice_yaml }}"
        self._write(self.template, {"{{_copier_conf.answers_file}}.jinja": answers})
        self.release("1.0.0", files)
        self._copier("copy", "--vcs-ref", "1.0.0", str(self.template), str(self.root))
        git(self.root, "init", "-q")
        self.commit()

    def release(self, version: str, files: Files, *, dropped: str = "") -> None:
        """Tag another release of the template."""
        self._write(self.template, files)
        if dropped:
            (self.template / dropped).unlink()
        git(self.template, "add", "-A")
        git(self.template, "commit", "-qm", version)
        git(self.template, "tag", version)

    def commit(self) -> None:
        """Commit the user's work, which copier demands."""
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "work", "--allow-empty")

    def update(self) -> int:
        """Run `copier update`, and give its exit status."""
        return self._copier("update", str(self.root))

    def _copier(self, command: str, *arguments: str) -> int:
        done = subprocess.run(
            [sys.executable, "-m", "copier", command, "--defaults", "--quiet", *arguments],
            env=os.environ | _NOBODY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode

    @staticmethod
    def _write(folder: Path, files: Files) -> None:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)


class GitProject:
    """A project whose templates are a branch that is merged."""

    def __init__(self, work: Path, files: Files) -> None:
        self.root = work / "project"
        self.root.mkdir()
        git(self.root, "init", "-q", "-b", "main")
        self._commit(files)
        git(self.root, "branch", "templates")

    def work(self, files: Files) -> None:
        """Commit the user's work."""
        self._commit(files)

    def merge(self, files: Files, *, dropped: str = "") -> None:
        """Merge another release of the templates, which git must find to go well."""
        git(self.root, "checkout", "-q", "templates")
        if dropped:
            (self.root / dropped).unlink()
        self._commit(files)
        git(self.root, "checkout", "-q", "main")
        git(self.root, "merge", "-q", "-m", "merge", "templates")

    def _commit(self, files: Files) -> None:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "work")
