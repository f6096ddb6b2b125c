/**
 * Name what is declared as `any` in a project, one a line: what JavaScript has
 * and its TypeScript has not, JSDoc has lost. Run in the project's folder.
 */

import { createRequire } from "node:module";
import { join, relative } from "node:path";

import type TypeScript from "typescript";

const here = process.cwd();
const require = createRequire(join(here, "package.json"));
const ts = require("typescript") as typeof TypeScript;

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile) as {
  config: unknown;
};
const { fileNames, options } = ts.parseJsonConfigFileContent(
  config,
  ts.sys,
  here,
);
const program = ts.createProgram(fileNames, options);
const checker = program.getTypeChecker();

function isAny(node: TypeScript.Node): boolean {
  return (checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any) !== 0;
}

function givesAny(node: TypeScript.Node): boolean {
  if (!ts.isFunctionLike(node)) return false;
  const signature = checker.getSignatureFromDeclaration(node);
  return (
    signature !== undefined &&
    (signature.getReturnType().flags & ts.TypeFlags.Any) !== 0
  );
}

function visit(node: TypeScript.Node): void {
  const isDeclared =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isPropertyDeclaration(node);
  if ((isDeclared && isAny(node.name)) || givesAny(node)) {
    const path = relative(here, node.getSourceFile().fileName);
    const name = "name" in node ? (node.name as TypeScript.Node) : undefined;
    const of = name?.getText() ?? "a function in an expression";
    console.log(`${path.replace(/\.\w+$/, "")}: ${of}`);
  }
  ts.forEachChild(node, visit);
}

for (const source of program.getSourceFiles()) {
  if (fileNames.includes(source.fileName)) visit(source);
}
