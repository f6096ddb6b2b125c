/** What a function's types say, as tags. */

import ts from "typescript";

import { type Tag } from "./blocks.ts";
import { isProperty, propertyTag, templateTags } from "./typedefs.ts";

export type Signature = Exclude<
  ts.FunctionLikeDeclaration,
  ts.ClassStaticBlockDeclaration
>;

/** Where the comment of a function stands; undefined for one in an expression. */
export function hostOf(node: Signature): ts.Node | undefined {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) {
    return node;
  }
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && !parent.type) {
    return statementOf(parent);
  }
  const holds =
    ts.isPropertyAssignment(parent) ||
    ts.isExportAssignment(parent) ||
    (ts.isPropertyDeclaration(parent) && !parent.type);
  return holds ? parent : undefined;
}

/** The statement that declares this variable and no other. */
export function statementOf(
  declared: ts.VariableDeclaration,
): ts.VariableStatement | undefined {
  const list = declared.parent;
  return ts.isVariableDeclarationList(list) &&
    list.declarations.length === 1 &&
    ts.isVariableStatement(list.parent)
    ? list.parent
    : undefined;
}

/** The tags of a signature; none where it has no types. */
export function functionTags(node: Signature): Tag[] {
  const typed =
    node.parameters.some(({ type }) => type) ||
    node.typeParameters ||
    returned(node);
  return typed
    ? [
        ...templateTags(node.typeParameters),
        ...node.parameters.flatMap(parameterTags),
        ...returnTags(node),
      ]
    : [];
}

/** `@returns`, where it says more than that nothing comes back. */
export function returnTags(node: Signature): Tag[] {
  const type = returned(node);
  return type === undefined ? [] : [{ name: "returns", type }];
}

function returned(node: Signature): string | undefined {
  const type = node.type?.getText();
  const isAsync = ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Async;
  const nothing = type === "void" || (isAsync && type === "Promise<void>");
  // A block without `return` says so itself, an expression has a type.
  const isBlock = node.body !== undefined && ts.isBlock(node.body);
  return nothing && isBlock ? undefined : type;
}

function parameterTags(parameter: ts.ParameterDeclaration): Tag[] {
  const { name, type, initializer } = parameter;
  if (name.getText() === "this") {
    return type ? [{ name: "this", type: type.getText() }] : [];
  }
  const called = ts.isIdentifier(name) ? name.text : "options";
  const optional = parameter.questionToken ?? initializer;
  const rest = optional ? `[${called}]` : called;
  if (!type && ts.isObjectBindingPattern(name)) {
    return defaults(name, rest);
  }
  const members = type && ts.isTypeLiteralNode(type) ? [...type.members] : [];
  if (members.length > 0 && members.every(isProperty)) {
    return [
      { name: "param", type: "object", rest },
      ...members.map((member) => inside(called, propertyTag(member))),
    ];
  }
  const known = type ? parameterType(parameter, type) : literal(initializer);
  return known === undefined ? [] : [{ name: "param", type: known, rest }];
}

/** Options of which each has a plain default. */
function defaults(options: ts.ObjectBindingPattern, rest: string): Tag[] {
  const tags = options.elements.flatMap((element): Tag[] => {
    const type = literal(element.initializer);
    const name = `[options.${element.name.getText()}]`;
    return type === undefined ? [] : [{ name: "param", type, rest: name }];
  });
  return tags.length === options.elements.length
    ? [{ name: "param", type: "object", rest }, ...tags]
    : [];
}

function parameterType(
  parameter: ts.ParameterDeclaration,
  type: ts.TypeNode,
): string {
  return parameter.dotDotDotToken && ts.isArrayTypeNode(type)
    ? `...${type.elementType.getText()}`
    : type.getText();
}

function inside(called: string, { type = "", rest = "" }: Tag): Tag {
  const named = rest.startsWith("[")
    ? `[${called}.${rest.slice(1)}`
    : `${called}.${rest}`;
  return { name: "param", type, rest: named };
}

function literal(value: ts.Expression | undefined): string | undefined {
  if (!value) {
    return undefined;
  }
  if (ts.isStringLiteralLike(value)) {
    return "string";
  }
  if (ts.isNumericLiteral(value)) {
    return "number";
  }
  const truth =
    value.kind === ts.SyntaxKind.TrueKeyword ||
    value.kind === ts.SyntaxKind.FalseKeyword;
  return truth ? "boolean" : undefined;
}
