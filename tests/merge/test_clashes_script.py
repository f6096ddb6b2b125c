"""What counts as one name in a merge of TypeScript or JavaScript, and what stays clean."""

from __future__ import annotations

import pytest

from kgscaffold.merge import Merge, merge_text

BASE = """import { one } from "./one.js";

const LIMIT = 1;

export function first(order: Order): Order {
  order.lock();
  if (order.open) {
    order.close();
  }
  return order;
}

export class Amount {
  load() {
    return this.value;
  }

  store(value: string) {
    this.value = value;
  }
}

export function last(order: Order): Order {
  order.check();
  order.save();
  return order;
}
"""


def merged(base: str, ours: str, theirs: str, path: str = "a.ts") -> Merge:
    assert base not in (ours, theirs)
    result = merge_text(base.encode(), ours.encode(), theirs.encode(), path=path)
    assert isinstance(result, Merge)
    return result


def both(mine: str, theirs: str) -> Merge:
    """Have the user put lines above the first function, and the templates theirs at the end."""
    above = "export function first("
    return merged(BASE, BASE.replace(above, f"{mine}\n\n{above}"), f"{BASE}\n{theirs}\n")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ('import "a";', 'import "b";'),
        ('export * from "a";', 'export * from "b";'),
        ('app.get("/a", a);', 'app.post("/a", b);'),
        ('app.get("/a", a);', 'other.get("/a", b);'),
        ("app.locals.a = 1;", "app.locals.b = 1;"),
        ("class A {\n  load() {}\n}", "class B {\n  load() {}\n}"),
        ("function a() {\n  const x = 1;\n}", "function b() {\n  const x = 2;\n}"),
        ("const a = () => {\n  let x;\n};", "const b = () => {\n  let x;\n};"),
        ("function f(a: 1): 1;", "function f(a: 2): 2;"),
        ("interface A {\n  id: 1;\n}", "interface B {\n  id: 2;\n}"),
        ("f({ a: 1 });", "g({ a: 2 });"),
        ("const mine = { a: 1, b: 2 };", "const theirs = { a: 1, b: 2 };"),
        ("exports.a = () => {};", "exports.b = () => {};"),
        ('test("a", () => {\n  ok();\n});', 'test("b", () => {\n  ok();\n});'),
    ],
)
def test_what_both_add_is_clean_where_it_is_not_one_name(mine: str, theirs: str) -> None:
    assert both(mine, theirs).conflicts == 0


@pytest.mark.parametrize(
    ("mine", "theirs", "name"),
    [
        ('import json from "a";', 'import { json } from "b";', "json"),
        ('import { a } from "a";', 'import { a } from "a";', "a"),
        ("function json() {}", 'import { json } from "a";', "json"),
        ("class A {}", "function A() {}", "A"),
        ("const A = 1;", "export const { A, B } = c;", "A"),
        ("const a = () => 1;", "function a() {}", "a"),
        ("type A = 1;", "interface A {\n  a: 1;\n}", "A"),
        ('app.get("/a/:b", a);', 'app.get("/a/:c", b);', "/a/:b"),
        ('app.get("/a", a);', 'app.route("/a").post(b).get(c);', "/a"),
        ("app.locals.kg = 5;", "app.locals.kg = 1;", "app.locals.kg"),
        ("export { LIMIT };", "export { LIMIT };", "export { LIMIT }"),
        ("export default first;", "export default class {}", "export default"),
        ("exports.a = () => {};", "exports.a = function () {};", "exports.a"),
        ("module.exports = { first };", "module.exports = { last };", "module.exports"),
        ('const { a } = require("a");', 'const { b: a } = require("b");', "a"),
        ('test("a", () => {\n  mine();\n});', 'test("a", () => {\n  their();\n});', 'test("a")'),
    ],
)
def test_one_name_that_both_add_is_a_conflict(mine: str, theirs: str, name: str) -> None:
    result = both(mine, theirs)
    assert result.conflicts == 1
    assert any(name in note for note in result.notes)


CONTROLLER = """@Controller("orders")
export class Orders {
  private readonly log = new Logger();

  @Get()
  all() {
    return [];
  }

  last() {
    return null;
  }
}
"""


@pytest.mark.parametrize(
    ("mine", "theirs", "name"),
    [
        ('  @Get(":id")\n  mine() {}', '  @Get("/:order")\n  theirs() {}', '@Get("/:id")'),
        ("  mine() {}", "  mine() {\n    return 1;\n  }", "mine"),
        ("  private a = 1;", "  readonly a = 2;", "a"),
        ("  mine = () => 1;", "  mine() {}", "mine"),
    ],
)
def test_one_member_that_both_add_is_a_conflict(mine: str, theirs: str, name: str) -> None:
    ours = CONTROLLER.replace("  @Get()\n", f"{mine}\n\n  @Get()\n")
    result = merged(CONTROLLER, ours, CONTROLLER.replace("  }\n}\n", f"  }}\n\n{theirs}\n}}\n"))
    assert result.conflicts == 1
    assert any(f"`{name}`" in note for note in result.notes)


def test_a_getter_and_a_setter_are_two_and_so_are_methods_of_other_paths() -> None:
    for mine, theirs in (
        ("  get a() {\n    return 1;\n  }", "  set a(b) {\n    c(b);\n  }"),
        ('  @Get(":id")\n  mine() {}', '  @Post(":id")\n  theirs() {}'),
    ):
        ours = CONTROLLER.replace("  @Get()\n", f"{mine}\n\n  @Get()\n")
        theirs = CONTROLLER.replace("  }\n}\n", f"  }}\n\n{theirs}\n}}\n")
        assert merged(CONTROLLER, ours, theirs).conflicts == 0


def test_a_name_that_both_declare_in_one_function_is_a_conflict() -> None:
    ours = BASE.replace("  order.lock();\n", "  const at = mine();\n  order.lock();\n")
    theirs = BASE.replace(
        "  return order;\n}\n\nexport class", "  const at = 1;\n}\n\nexport class"
    )
    assert merged(BASE, ours, theirs).conflicts == 1


def test_edits_of_two_lines_in_one_branch_are_clean() -> None:
    old = "  if (order.open) {\n    order.close();\n    order.a();\n    order.b();\n  }\n"
    base = BASE.replace("  if (order.open) {\n    order.close();\n  }\n", old)
    ours, theirs = base.replace("close()", "close(mine)"), base.replace("b()", "b(theirs)")
    result = merged(base, ours, theirs)
    assert (result.conflicts, result.content.decode()) == (0, ours.replace("b()", "b(theirs)"))


def test_returns_that_both_add_are_clean() -> None:
    ours = BASE.replace("  order.lock();\n", "  if (a()) {\n    return;\n  }\n  order.lock();\n")
    theirs = BASE.replace("  order.save();\n", "  order.save();\n  if (b()) {\n    return;\n  }\n")
    assert merged(BASE, ours, theirs).conflicts == 0


METHOD = "  load() {\n    return this.value;\n  }\n\n"


def test_a_method_that_one_side_deletes_and_the_other_moves_is_a_conflict() -> None:
    deleted = BASE.replace(METHOD, "")
    moved = deleted.replace("value;\n  }\n}\n", f"value;\n  }}\n\n{METHOD.rstrip()}\n}}\n")
    for ours, theirs in ((deleted, moved), (moved, deleted)):
        assert merged(BASE, ours, theirs).conflicts == 1


def test_what_both_delete_stays_deleted() -> None:
    gone = BASE.replace(METHOD, "")
    ours, theirs = gone.replace("LIMIT = 1", "LIMIT = 2"), gone.replace("save()", "keep()")
    result = merged(BASE, ours, theirs)
    assert (result.conflicts, b"load" in result.content) == (0, False)


def test_of_two_that_the_user_has_of_one_name_it_is_not_known_which_the_templates_change() -> None:
    twice = BASE.replace(METHOD, METHOD.replace("value", "mine") + METHOD)
    assert merged(BASE, twice, BASE.replace("return this.value", "return 0")).conflicts == 1
    assert merged(BASE, twice, BASE.replace("order.save()", "order.keep()")).conflicts == 0


LITERALS = """const BY_STATUS = {
  pending,
  success: onSuccess,
  expired: onExpired,
  refunded,
};
const columns = [
  column("id", "integer"),
  column("order", "integer"),
  column("status", "text"),
  column("amount", "text"),
];
const pool = createPool({
  max: 5,
  min: 1,
  timeout: 3,
  name: "shop",
});
enum Status {
  Pending = "pending",
  Success = "success",
  Expired = "expired",
  Refunded = "refunded",
}
switch (status) {
  case "pending":
    break;
  case "success":
    done();
    break;
  case "expired":
    gone();
    break;
}
"""
PARTS = [
    ("  pending,\n", "  extra: mine,\n", "  refunded,\n", "  extra: theirs,\n"),
    ("  pending,\n", "  extra,\n", "  refunded,\n", '  "extra": theirs,\n'),
    ('  column("id"', '  column("note", 1),\n', '"amount", "text"),\n', '  column("note", 2),\n'),
    ("  max: 5", "  idle: 1,\n", '  name: "shop",\n', "  idle: 2,\n"),
    ("  Pending", '  New = "1",\n', '  Refunded = "refunded",\n', '  New = "2",\n'),
    (
        '  case "pending"',
        '  case "x":\n    a();\n',
        "    gone();\n    break;\n",
        '  case "x":\n    b();\n',
    ),
]


@pytest.mark.parametrize(("above", "mine", "below", "new"), PARTS)
def test_one_part_that_both_add_is_a_conflict(above: str, mine: str, below: str, new: str) -> None:
    ours = LITERALS.replace(above, mine + above, 1)
    theirs = LITERALS.replace(below, below + new, 1)
    result = merged(LITERALS, ours, theirs)
    assert result.conflicts == 1
    assert any("twice" in note for note in result.notes)


@pytest.mark.parametrize(("above", "mine", "below", "new"), PARTS)
def test_one_part_that_both_add_alike_in_one_place_is_clean(
    above: str, mine: str, below: str, new: str
) -> None:
    theirs = LITERALS.replace(above, mine + above, 1)
    result = merged(LITERALS, f"{theirs}const MINE = 1;\n", theirs)
    assert (result.conflicts, result.content.decode()) == (0, f"{theirs}const MINE = 1;\n")


SETTINGS = """{
  // How it is built.
  "compilerOptions": {
    "strict": true,
    "target": "es2024",
    "module": "nodenext",
  },
  "include": ["src"]
}
"""


NEW = ('"nodenext",\n', '"nodenext",\n    "noEmit": false,\n')


@pytest.mark.parametrize(
    ("value", "left"),
    [("false", ()), ("true", ('noEmit: yours is kept; kgscaffold has "noEmit": false',))],
)
def test_a_key_that_both_add_to_a_file_of_settings_is_the_users(
    value: str, left: tuple[str, ...]
) -> None:
    ours = SETTINGS.replace('    "strict"', f'    "noEmit": {value},\n    "strict"')
    result = merged(SETTINGS, ours, SETTINGS.replace(*NEW), "tsconfig.json")
    assert (result.conflicts, result.content.decode(), result.left) == (0, ours, left)


def test_a_table_that_both_add_is_the_users_whole() -> None:
    ours = SETTINGS.replace('    "strict"', '    "paths": { "a": ["b"] },\n    "strict"')
    new = '"nodenext",\n    "paths": {\n      "a": ["c"],\n      "d": ["e"],\n    },\n'
    theirs = SETTINGS.replace(NEW[0], new)
    result = merged(SETTINGS, ours, theirs, "tsconfig.json")
    assert (result.conflicts, result.content.decode()) == (0, ours)
    assert result.left == ('paths: yours is kept; kgscaffold has "paths": {',)


@pytest.mark.parametrize(
    "theirs",
    [
        SETTINGS.replace('"include": ["src"]', '"include": ["src"],\n  "files": ["a"]'),
        SETTINGS.replace('"include": ["src"]', '"files": ["a"], "include": ["src"]'),
    ],
)
def test_a_key_that_cannot_be_taken_out_by_lines_is_a_conflict(theirs: str) -> None:
    ours = SETTINGS.replace('  "compilerOptions"', '  "files": ["b"],\n  "compilerOptions"')
    result = merged(SETTINGS, ours, theirs, "tsconfig.json")
    assert result.conflicts == 1
    assert any("`files`" in note for note in result.notes)


def test_keys_of_other_names_come_together_in_a_file_of_settings() -> None:
    ours = SETTINGS.replace('    "strict"', '    "mine": true,\n    "strict"')
    theirs = SETTINGS.replace('"nodenext",\n', '"nodenext",\n    "noEmit": false,\n')
    result = merged(SETTINGS, ours, theirs, "tsconfig.json")
    assert (result.conflicts, result.parses) == (0, True)
