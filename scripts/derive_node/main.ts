/**
 * Derive the forms of the Node templates: a JSON object of texts by path on
 * standard input, one of texts by form and path on standard output.
 * `--typescript`: only the forms of TypeScript.
 */

import { text } from "node:stream/consumers";

import { format } from "prettier";
import ts from "typescript";

import { toCommonJs, toCommonJsTypes } from "./commonjs.ts";
import { toJavaScript } from "./javascript.ts";

type Texts = Record<string, string>;

const ONLY_TYPESCRIPT = process.argv.includes("--typescript");

function parsed(path: string, content: string): ts.SourceFile {
  const source = ts.createSourceFile(
    path,
    content,
    ts.ScriptTarget.Latest,
    true,
  );
  const faults = (source as { parseDiagnostics?: ts.Diagnostic[] })
    .parseDiagnostics;
  const fault = faults?.[0];
  if (fault) {
    const { line } = source.getLineAndCharacterOfPosition(fault.start ?? 0);
    const said = ts.flattenDiagnosticMessageText(fault.messageText, " ");
    throw new Error(`${path}:${String(line + 1)}: ${said}`);
  }
  return source;
}

async function derive(path: string, content: string): Promise<Texts> {
  const source = parsed(path, content);
  const named = path.replace(/\.ts$/, ".js");
  const typescript_commonjs = await format(toCommonJsTypes(source), {
    parser: "typescript",
  });
  if (ONLY_TYPESCRIPT) {
    return { typescript_commonjs };
  }
  const javascript = await format(await toJavaScript(source), {
    parser: "babel",
  });
  const commonjs = toCommonJs(parsed(named, javascript));
  return {
    typescript_commonjs,
    javascript_esm: javascript,
    javascript_commonjs: await format(commonjs, { parser: "babel" }),
  };
}

async function main(): Promise<void> {
  const sources = JSON.parse(await text(process.stdin)) as Texts;
  const derived: Record<string, Texts> = {};
  const faults: string[] = [];
  for (const [path, content] of Object.entries(sources)) {
    try {
      derived[path] = await derive(path, content);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (faults.length > 0) {
    process.stderr.write(`${faults.join("\n")}\n`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(JSON.stringify(derived));
}

await main();
