from __future__ import annotations

import pytest

from kgscaffold import __version__
from kgscaffold.versions import is_later, is_version


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("0.9.0", "0.10.0"), ("0.3.0rc1", "0.3.0"), ("0.3.0.dev1", "0.3.0rc1"), ("0.3.0", "0.3.0.1")],
)
def test_versions_are_compared_as_pip_does(earlier: str, later: str) -> None:
    assert is_later(later, earlier)
    assert not is_later(earlier, later)
    assert not is_later(later, later)


def test_what_is_no_version_is_known() -> None:
    assert is_version(__version__)
    assert is_version("0.3.0rc1")
    assert not is_version("")
    assert not is_version("0.3.x")
