/** What is taken out of a source and put into it, written at once at the end. */

import MagicString from "magic-string";
import ts from "typescript";

import { type Block, readBlock, type Tag, writeBlock } from "./blocks.ts";

interface Insertion {
  at: number;
  /** Where what is replaced ends; nothing is replaced where it is `at`. */
  end: number;
  block?: Block;
  indent: number;
  after: string;
  /** With blank lines around it. */
  alone?: boolean;
}

export class Edits {
  readonly #source: ts.SourceFile;
  readonly #text: MagicString;
  readonly #insertions: Insertion[] = [];

  constructor(source: ts.SourceFile) {
    this.#source = source;
    this.#text = new MagicString(source.text);
  }

  remove(start: number, end: number): void {
    if (start < end) {
      this.#text.remove(start, end);
    }
  }

  replace(start: number, end: number, text: string): void {
    this.#text.overwrite(start, end, text);
  }

  /** Remove a statement with its line. */
  removeLine(node: ts.Node): void {
    const end = this.#source.text.indexOf("\n", node.getEnd()) + 1;
    this.remove(node.getStart(), end || node.getEnd());
  }

  /** Say `tags` in the comment above `host`, below what it says already. */
  document(host: ts.Node, tags: Tag[]): void {
    if (tags.length === 0) {
      return;
    }
    const found = this.#comment(host);
    const said = this.docOf(host);
    this.#insertions.push({
      at: found?.pos ?? host.getStart(),
      end: found?.end ?? host.getStart(),
      block: { prose: said.prose, tags: merged(said.tags, tags) },
      indent: this.#column(host.getStart()),
      after: found ? "" : "\n",
    });
  }

  /** Put a comment that stands alone where a declaration and its own were. */
  become(node: ts.Node, block: Block): void {
    const start = this.#comment(node)?.pos ?? node.getStart();
    const indent = this.#column(node.getStart());
    const [at, end] = [start, node.getEnd()];
    this.#insertions.push({ at, end, block, indent, after: "\n", alone: true });
  }

  /** Put a comment of one tag before an expression or a parameter. */
  mark(at: number, tag: Tag): void {
    this.insert(at, { prose: [], tags: [tag] }, " ");
  }

  insert(at: number, block: Block, after: string): void {
    const indent = this.#column(at);
    this.#insertions.push({ at, end: at, block, indent, after });
  }

  /** Open the parentheses of a cast, behind its mark. */
  open(at: number): void {
    this.#insertions.push({ at, end: at, indent: 0, after: "(" });
  }

  append(at: number, text: string): void {
    this.#text.appendLeft(at, text);
  }

  /** What the comment of a node says. */
  docOf(node: ts.Node): Block {
    const found = this.#comment(node);
    return found
      ? readBlock(this.#source.text.slice(found.pos, found.end))
      : { prose: [], tags: [] };
  }

  async finish(): Promise<string> {
    for (const insertion of this.#insertions) {
      const { at, end, block, indent, after, alone } = insertion;
      const written = block ? await writeBlock(block, indent) : "";
      const text = alone ? `\n${written}` : written;
      if (end > at) {
        this.#text.overwrite(at, end, `${text}${after}`);
      } else {
        this.#text.appendLeft(at, `${text}${after}`);
      }
    }
    return this.#text.toString();
  }

  /** The comment of a node; one with a blank line below is the file's. */
  #comment(node: ts.Node): ts.CommentRange | undefined {
    const { text } = this.#source;
    const comments = ts.getLeadingCommentRanges(text, node.getFullStart());
    const last = comments?.at(-1);
    const attached =
      last !== undefined &&
      text.startsWith("/**", last.pos) &&
      !/\n\s*\n/.test(text.slice(last.end, node.getStart()));
    return attached ? last : undefined;
  }

  #column(at: number): number {
    const { text } = this.#source;
    const line = text.slice(text.lastIndexOf("\n", at - 1) + 1);
    return line.length - line.trimStart().length;
  }
}

/** The tags of a signature, with what a comment said of the same names. */
function merged(said: Tag[], tags: Tag[]): Tag[] {
  const key = ({ name, rest = "" }: Tag): string =>
    name === "param"
      ? `param ${rest.replace(/^\[?(\w+).*$/, "$1")}`
      : name.replace(/^return$/, "returns");
  const told = new Map(said.map((tag) => [key(tag), tag]));
  const known = new Set(tags.map(key));
  const own = tags.map((tag) => {
    const rest = told.get(key(tag))?.rest ?? "";
    const words = tag.name === "param" ? rest.replace(/^\S+/, "") : ` ${rest}`;
    return { ...tag, rest: `${tag.rest ?? ""}${words}`.trim() };
  });
  return [...own, ...said.filter((tag) => !known.has(key(tag)))];
}
