/** Interfaces and type aliases as JSDoc typedefs. */

import ts from "typescript";

import { type Block, readBlock, type Tag } from "./blocks.ts";

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** The typedef of a declaration; `doc` is what its own comment says. */
export function typedef(declared: Declaration, doc: Block): Block {
  const members = membersOf(declared);
  const parents = parentsOf(declared);
  const name = declared.name.text;
  const templates = templateTags(declared.typeParameters);
  if (members && parents.length === 0 && members.every(isProperty)) {
    const head = { name: "typedef", type: "object", rest: name };
    const tags = [...templates, head, ...members.map(propertyTag)];
    return { prose: doc.prose, tags };
  }
  const type = ts.isTypeAliasDeclaration(declared)
    ? declared.type.getText()
    : [...parents, `{ ${(members ?? []).map(textOf).join("\n")} }`].join(" & ");
  const said = (members ?? []).flatMap(bullet);
  const prose = [
    ...doc.prose,
    ...(doc.prose[0] && said[0] ? [""] : []),
    ...said,
  ];
  return { prose, tags: [...templates, { name: "typedef", type, rest: name }] };
}

/** A `@template` for each type parameter. */
export function templateTags(
  parameters: readonly ts.TypeParameterDeclaration[] | undefined,
): Tag[] {
  return (parameters ?? []).map((parameter) => {
    const name = parameter.name.text;
    const given = parameter.default?.getText();
    const tag: Tag = {
      name: "template",
      rest: given === undefined ? name : `[${name}=${given}]`,
    };
    return parameter.constraint
      ? { ...tag, type: parameter.constraint.getText() }
      : tag;
  });
}

function membersOf(
  declared: Declaration,
): readonly ts.TypeElement[] | undefined {
  if (ts.isInterfaceDeclaration(declared)) {
    return declared.members;
  }
  return ts.isTypeLiteralNode(declared.type)
    ? declared.type.members
    : undefined;
}

function parentsOf(declared: Declaration): string[] {
  return ts.isInterfaceDeclaration(declared)
    ? (declared.heritageClauses ?? [])
        .flatMap((clause) => clause.types)
        .map((parent) => parent.getText())
    : [];
}

type Property = (ts.PropertySignature | ts.MethodSignature) & {
  name: ts.Identifier;
};

export function isProperty(member: ts.TypeElement): member is Property {
  const signature =
    ts.isPropertySignature(member) || ts.isMethodSignature(member);
  return signature && ts.isIdentifier(member.name);
}

/** A member as a `@property`, or a parameter's member as `options.name`. */
export function propertyTag(member: Property): Tag {
  const name = member.name.text;
  const said = docOf(member).join(" ");
  const named = member.questionToken ? `[${name}]` : name;
  return {
    name: "property",
    type: memberType(member),
    rest: said ? `${named} - ${said}` : named,
  };
}

function memberType(member: Property): string {
  if (ts.isPropertySignature(member)) {
    return member.type?.getText() ?? "unknown";
  }
  const text = (nodes: readonly ts.Node[]) =>
    nodes.map((node) => node.getText()).join(", ");
  const templates = member.typeParameters
    ? `<${text(member.typeParameters)}>`
    : "";
  const result = member.type?.getText() ?? "void";
  return `${templates}(${text(member.parameters)}) => ${result}`;
}

function textOf(member: ts.TypeElement): string {
  return member.getText();
}

function bullet(member: ts.TypeElement): string[] {
  const [first, ...more] = docOf(member);
  return first === undefined
    ? []
    : [
        `- \`${member.name?.getText() ?? ""}\`: ${first}`,
        ...more.map((line) => `  ${line}`),
      ];
}

function docOf(member: ts.TypeElement): string[] {
  const text = member.getSourceFile().text;
  const comments = ts.getLeadingCommentRanges(text, member.getFullStart());
  const comment = comments?.findLast(({ pos }) => text.startsWith("/**", pos));
  return comment ? readBlock(text.slice(comment.pos, comment.end)).prose : [];
}
