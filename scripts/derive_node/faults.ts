/** What cannot be derived, said with its place. */

import ts from "typescript";

/** An error that names the file, the line and what to write instead. */
export function fault(node: ts.Node, text: string): Error {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return new Error(`${source.fileName}:${String(line + 1)}: ${text}`);
}
