/** JSDoc blocks: what a source says in a comment and in its types, as one comment. */

import { format } from "prettier";
import ts from "typescript";

/** One line of tags: `@name {type} rest`. */
export interface Tag {
  name: string;
  /** As the source writes it. */
  type?: string;
  /** What follows the type: the name, and what is said of it. */
  rest?: string;
}

export interface Block {
  /** Lines, without asterisks. */
  prose: string[];
  tags: Tag[];
}

const WIDTH = 80;

/** What a comment holds: the prose, and the tags after it. */
export function readBlock(comment: string): Block {
  const lines = comment
    .slice("/**".length, -"*/".length)
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const begin = lines.findIndex((line) => line.startsWith("@"));
  const prose = begin < 0 ? lines : lines.slice(0, begin);
  const tags: Tag[] = [];
  for (const line of begin < 0 ? [] : lines.slice(begin)) {
    const found = /^@(\w+) ?(.*)$/.exec(line);
    const last = tags.at(-1);
    if (found) {
      tags.push({ name: found[1] ?? "", rest: found[2] ?? "" });
    } else if (last && line) {
      last.rest = `${last.rest ?? ""} ${line.trim()}`;
    }
  }
  return { prose: trimmed(prose), tags };
}

/** A comment at a column, at most 80 wide where its words allow it. */
export async function writeBlock(
  block: Block,
  indent: number,
): Promise<string> {
  const margin = " ".repeat(indent);
  const width = WIDTH - indent - " * ".length;
  const lines = filled(block.prose, width);
  if (lines.length > 0 && block.tags.length > 0) {
    lines.push("");
  }
  for (const tag of block.tags) {
    lines.push(...(await tagLines(tag, width)));
  }
  const only = `/** ${lines[0] ?? ""} */`;
  if (lines.length === 1 && indent + only.length <= WIDTH) {
    return only;
  }
  const body = lines.map((line) => `${margin} * ${line}`.trimEnd());
  return ["/**", ...body, `${margin} */`].join("\n");
}

async function tagLines(tag: Tag, width: number): Promise<string[]> {
  const [name = "", ...words] = (tag.rest ?? "").split(" ");
  const head = `@${tag.name}`;
  if (tag.type === undefined) {
    return wrapped(`${head} ${tag.rest ?? ""}`.trim(), width);
  }
  const after = name ? `} ${name}` : "}";
  const room = width - `${head} {${after}`.length;
  const type = await typeText(tag.type, room, width);
  const lines = `${head} {${type}${after}`.split("\n");
  const last = lines.pop() ?? "";
  return [...lines, ...wrapped([last, ...words].join(" "), width)];
}

/** The paragraphs that have a line too wide, filled anew. */
function filled(prose: string[], width: number): string[] {
  const text = prose.join("\n");
  return (text ? [text] : [])
    .flatMap((all) => all.split(/\n(?=\n|- )/))
    .flatMap((part) => {
      const paragraph = part.replace(/^\n/, "");
      const lines = paragraph.split("\n");
      const isWide = lines.some((line) => line.length > width);
      const text = lines.map((line) => line.trim()).join(" ");
      const body = isWide ? wrapped(text, width) : lines;
      return part === paragraph ? body : ["", ...body];
    });
}

/** Lines of a text; those after the first of a tag or a point are indented. */
function wrapped(text: string, width: number): string[] {
  const margin = /^[\w`]/.test(text) ? "" : "  ";
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? "";
  for (const word of text.trim().split(" ")) {
    const longer = line.trim() ? `${line} ${word}` : line + word;
    // What stands in braces is a type: its lines are made already.
    if (longer.length > width && line.trim() && closed(line)) {
      lines.push(line);
      line = `${margin}${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

function closed(text: string): boolean {
  return text.split("{").length <= text.split("}").length;
}

/** A type as prettier writes it, without its comments. */
async function typeText(
  type: string,
  room: number,
  width: number,
): Promise<string> {
  if (/^(?:asserts )?\w+ is /.test(type)) {
    return type;
  }
  const begin = "type T =";
  const text = await format(`${begin} ${withoutComments(type)};`, {
    parser: "typescript",
    printWidth: room + `${begin} ;`.length,
  });
  const written = text.slice(begin.length).replace(/;\n$/, "").trim();
  if (/^\||\n/.test(written) && !/[({<]/.test(written)) {
    return filledUnion(written.replace(/\s+/g, " "), room, width);
  }
  // No line break after the brace: the asterisk of the next line would be a type.
  return written.replace(/^\| /, "");
}

function filledUnion(union: string, room: number, width: number): string {
  const lines: string[] = [];
  for (const part of union.replace(/^\| /, "").split(/(?<= \|) /)) {
    const line = lines.at(-1);
    const limit = lines.length === 1 ? room : width;
    if (line !== undefined && `${line} ${part}`.length <= limit) {
      lines[lines.length - 1] = `${line} ${part}`;
    } else {
      lines.push(line === undefined ? part : `  ${part}`);
    }
  }
  return lines.join("\n");
}

function withoutComments(text: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false);
  scanner.setText(text);
  let kept = "";
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken;) {
    const comment =
      kind === ts.SyntaxKind.SingleLineCommentTrivia ||
      kind === ts.SyntaxKind.MultiLineCommentTrivia;
    kept += comment ? "" : scanner.getTokenText();
    kind = scanner.scan();
  }
  return kept;
}

function trimmed(lines: string[]): string[] {
  const full = lines.map((line) => line !== "");
  return lines.slice(
    full.includes(true) ? full.indexOf(true) : lines.length,
    full.lastIndexOf(true) + 1,
  );
}
