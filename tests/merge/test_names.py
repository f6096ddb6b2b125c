from __future__ import annotations

import pytest

from kgscaffold.merge.patch.names import requirement_name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Python_Dotenv>=1", "python-dotenv"),
        ("httpx[http2]>=0.27 --hash=sha256:ab  # why", "httpx"),
        ('uvicorn>=0.30; python_version < "3.12" # why', "uvicorn"),
        ("shop @ https://example.com/shop.zip", "shop"),
        ("fastapi==0.115-mine", "fastapi"),
        ("-r other.txt", None),
        ("git+https://example.com/shop.git", None),
        ("# fastapi", None),
        ("src tests", None),
        ("", None),
    ],
)
def test_a_requirement_has_the_name_that_pip_gives_it(line: str, name: str | None) -> None:
    assert requirement_name(line) == name
