"""How JavaScript and TypeScript are read: definitions, names, statements, whatever their form."""

from __future__ import annotations

import pytest

from kgscaffold.languages.node import JAVASCRIPT, TYPESCRIPT

PROGRAM = """\
import { Injectable } from "@nestjs/common";
import type { Tx } from "./database.js";

// Said of the class.
@Injectable()
export class Orders extends Base<Order> {
  private readonly open = new Map<string, Order>();

  get size(): number {
    return 1;
  }

  /** Said of the method. */
  @Get("orders/:id")
  async one(@Param("id") id: string): Promise<void> {
    await this.find(id);
  }
}

export function parse(value: string): string;
export function parse(value: number): string;
export function parse(value: unknown): string {
  return String(value);
}

export const success: Handler = {
  async apply(tx, payment) {
    await ship(tx, payment);
  },
  afterCommit: async (payment) => {
    tell(payment);
  },
};

exports.settle = async function (tx) {
  await tx();
};

router.post("/callback", async (request, response) => {
  response.end();
});
""".splitlines()


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("import { Inj", ""),
        ("// Said of the class", ".Orders"),
        ("@Injectable", ".Orders"),
        ("  private", ".Orders"),
        ("    return 1;", ".Orders.get size"),
        ("  /** Said of", ".Orders.one"),
        ("  @Get", ".Orders.one"),
        ("    await this.find", ".Orders.one"),
        ("export function parse(value: number)", ".parse(value:number)"),
        ("  return String", ".parse"),
        ("export const success", ".success"),
        ("    await ship", ".success.apply"),
        ("    tell(", ".success.afterCommit"),
        ("  await tx()", ".exports.settle"),
        ("  response.end", '.router.post("/callback")'),
    ],
)
def test_a_line_belongs_to_the_definition_around_it(line: str, scope: str) -> None:
    (place,) = [place for place, text in enumerate(PROGRAM) if text.startswith(line)]
    tags = TYPESCRIPT.scopes(PROGRAM)
    assert tags is not None
    assert tags[place] == scope


def test_a_text_that_does_not_parse_has_the_scopes_of_its_definitions() -> None:
    broken = [*PROGRAM, "export function ("]
    assert TYPESCRIPT.scopes(broken) is None
    tags = dict(zip(broken, TYPESCRIPT.scopes_of_broken(broken), strict=True))
    assert tags["    return 1;"] == "get size"
    assert tags["    await this.find(id);"] == "async one"
    assert tags["    await ship(tx, payment);"] == "async apply"
    assert tags["    tell(payment);"] != tags["    await ship(tx, payment);"]
    assert tags["  response.end();"] == 'router.post("/callback"'


@pytest.mark.parametrize(
    "text",
    [
        "const a = 1;\nfunction f() { const a = 2; }\n",
        "if (a) { const b = 1; } else { const b = 2; }\n",
        "function f(a: string): void;\nfunction f(a: number): void;\nfunction f(a: any) {}\n",
        "export const Status = { A: 'a' } as const;\nexport type Status = keyof typeof Status;\n",
        "interface A { a: 1 }\ninterface A { b: 1 }\n",
        "switch (a) { case 1: { const b = 1; break; } case 2: { const b = 2; } }\n",
        "declare module 'x' { import { A } from 'y'; }\n",
        "const a = <T,>(b: T) => b;\n",
        "var a = 1;\nvar a = 2;\n",
        "const { a = b, ...c } = d;\n",
        "#!/usr/bin/env node\nconst a = 1;\n",
        "export type * from './a.js';\n",
        "await using a = b satisfies C;\n",
        "export default abstract class A { accessor b = 1; declare c: string; }\n",
    ],
)
def test_a_program_is_sound(text: str) -> None:
    assert TYPESCRIPT.is_sound(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "const a = (;\n",
        "function f() {\n",
        "const a = 1;\nlet a = 2;\n",
        "import { a } from 'b';\nimport a from 'c';\n",
        "import { a } from 'b';\nexport const { a } = c;\n",
        "class A {}\nfunction A() {}\n",
        "function f() { let b; { let b; } let b; }\n",
        "export const a = 1;\nreturn 1;\n",
        "function f() { import { a } from 'b'; }\n",
    ],
)
def test_a_program_that_would_not_run_is_not(text: str) -> None:
    assert TYPESCRIPT.is_sound(text) is False


def test_each_language_takes_its_own() -> None:
    assert JAVASCRIPT.is_sound("const a: string = 1;\n") is False
    assert JAVASCRIPT.is_sound("const a = <b>c</b>;\nreturn a;\n") is True
    assert TYPESCRIPT.is_sound("const a = <b>c</b>;\n") is True


def test_what_is_nested_without_end_is_not_gone_through() -> None:
    deep = "a(" * 1000 + ")" * 1000 + ";"
    assert TYPESCRIPT.is_sound(deep) is None
    assert TYPESCRIPT.blocks([deep]) is None
    assert TYPESCRIPT.used("a.ts", deep) == frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f('a', b)", 'f(\n  "a",\n  b, // why\n);'),
        ("const a = x => ({ b: 1 })", "const a = (x) => ({\n  b: 1,\n});"),
        ("if (a) { b() }", "if (a) {\n  b();\n}"),
        ("import {a} from 'b'", 'import { a } from "b";'),
        (r"f('it\'s')", 'f("it\'s");'),
    ],
)
def test_layout_means_nothing(one: str, other: str) -> None:
    first, second = (JAVASCRIPT.statements(text)[0].meaning for text in (one, other))
    assert first == second


@pytest.mark.parametrize(
    ("one", "other"),
    [("f(`a  b`)", "f(`a b`)"), ("f('a')", "f(a)"), ("f(/a b/)", "f(/ab/)"), ("a = [,]", "a = []")],
)
def test_what_says_something_else_means_something_else(one: str, other: str) -> None:
    first, second = (JAVASCRIPT.statements(text)[0].meaning for text in (one, other))
    assert first != second


def test_statements_know_what_they_define_call_and_import() -> None:
    text = """\
// kgscaffold:id=app/main
import express, { Router as R, type A } from "express";
import * as ns from "./n.js";
import "side";
const { a, b: c } = require("x");

// Why.
export const app = express();
app.use(a("x"));
"""
    found = TYPESCRIPT.statements(text)
    assert [line for item in found for line in item.imports] == [
        'import express from "express";',
        'import { Router as R } from "express";',
        'import type { A } from "express";',
        'import * as ns from "./n.js";',
        'import "side";',
        'const { a } = require("x");',
        'const { b: c } = require("x");',
    ]
    app, use = found[4:]
    assert (app.name, app.comments, app.blanks) == ("app", ("// Why.",), 1)
    assert (use.call, use.title) == ("app.use", 'app.use(a("x"));')
    assert found[0].comments == ()


@pytest.mark.parametrize("text", ["a(); b();\n", "a();\nb(\n"])
def test_what_cannot_be_told_apart_by_lines_is_no_list_of_statements(text: str) -> None:
    with pytest.raises(SyntaxError):
        JAVASCRIPT.statements(text)


def test_what_a_file_offers() -> None:
    text = """\
import { one } from "./one.js";
export const two = 2, { three } = one;
export class Four { five() {} }
export { two as six };
export default one;
const seven = { eight() {} };
"""
    names = {name.removeprefix("src.core.a.") for name in TYPESCRIPT.offered("src/core/a.ts", text)}
    assert names >= {"src.core.a", "one", "two", "three", "Four", "Four.five", "six", "default"}
    common = "exports.a = () => {};\nmodule.exports = { b, c: 1 };\nmodule.exports.d = () => {};\n"
    found = JAVASCRIPT.offered("src/core/index.js", common)
    assert found >= {"src.core", "src.core.a", "src.core.b", "src.core.c", "src.core.d"}


def test_what_a_file_uses_of_others() -> None:
    text = """\
import { one, type Two as T } from "../core/a.js";
import * as three from "./three";
import express from "express";
export { four } from "./four.js";
const { five } = require("./five.js");
const six = require("./six");
three.inner(six.own, T.member, express.json);
jest.mock("./seven.js");
await import("./eight.js");
lost();
"""
    found = TYPESCRIPT.used("src/kryptogo/index.ts", text)
    assert {name for name in found if name.startswith("src.")} >= {
        "src.core.a.one",
        "src.core.a.Two",
        "src.core.a.Two.member",
        "src.kryptogo.three",
        "src.kryptogo.three.inner",
        "src.kryptogo.four.four",
        "src.kryptogo.five.five",
        "src.kryptogo.six.own",
        "src.kryptogo.seven",
        "src.kryptogo.eight",
        "src.kryptogo.lost",
    }
    assert not any("express" in name for name in found)
    assert "src.kryptogo.three.three" not in found
