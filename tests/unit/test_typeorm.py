"""Migrations of TypeORM: which files are some, and in which order they run."""

from __future__ import annotations

from kgscaffold.migrations.typeorm import TYPEORM

EARLY = b"export class Orders1700000000001 implements MigrationInterface {}\n"
LATE = b"export class AddNote1790000000000 implements MigrationInterface {}\n"


def test_the_newest_is_the_one_whose_class_has_the_latest_moment() -> None:
    texts = {"src/migrations/0001_a.ts": LATE, "src/migrations/0002_b.ts": EARLY}
    read = [TYPEORM.read(path, text) for path, text in texts.items()]
    (newest,) = TYPEORM.heads([one for one in read if one])
    assert newest.path == "src/migrations/0001_a.ts"


def test_other_files_are_no_migrations() -> None:
    assert TYPEORM.read("src/migrations/helpers.ts", b"export class Helper {}\n") is None


def test_a_migration_is_left_as_it_is() -> None:
    assert TYPEORM.parent_of(EARLY.decode()) is None
    assert TYPEORM.following(EARLY, "1790000000000-late") == EARLY
