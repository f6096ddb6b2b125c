/** What Knex's queries give, where only their type argument says it. */

import ts from "typescript";

import { fault } from "./faults.ts";
import { statementOf } from "./signatures.ts";

/** A variable's statement, and the type of what is awaited for it. */
export interface Awaited {
  host: ts.VariableStatement;
  type: string;
}

/** The result of `await db.raw<T>(…)`, or of `await knex<T>(TABLE)…`. */
export function queryResult(call: ts.CallExpression): Awaited {
  const type = (call.typeArguments ?? []).map((one) => one.getText());
  const names: string[] = [];
  let node: ts.Node = call;
  while (isLink(node.parent, node)) {
    node = node.parent;
    if (ts.isPropertyAccessExpression(node)) {
      names.push(node.name.text);
    }
  }
  const variable = ts.isAwaitExpression(node.parent) && node.parent.parent;
  const declared = variable && ts.isVariableDeclaration(variable);
  const host = declared && !variable.type ? statementOf(variable) : undefined;
  const [only] = type;
  if (!host || only === undefined || type.length > 1) {
    throw fault(call, "a call's type argument: give the result a type");
  }
  const { expression } = call;
  if (ts.isPropertyAccessExpression(expression)) {
    if (expression.name.text !== "raw") {
      throw fault(call, "a call's type argument: give the result a type");
    }
    return { host, type: only };
  }
  return {
    host,
    type: names.includes("first") ? `${only} | undefined` : `(${only})[]`,
  };
}

function isLink(parent: ts.Node, node: ts.Node): boolean {
  const isChain =
    ts.isPropertyAccessExpression(parent) || ts.isCallExpression(parent);
  return isChain && parent.expression === node;
}
