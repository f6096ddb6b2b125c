// What the JavaScript of a project has to pass here; its own rules are fewer.
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";
import tseslint from "typescript-eslint";

const CAST = ["argument", "assignment", "call", "member-access", "return"];

export default defineConfig({
  files: ["**/*.js"],
  extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
  languageOptions: {
    globals: globals.node,
    parserOptions: { projectService: true },
  },
  rules: {
    // CommonJS takes what it needs out of the module that it requires.
    "@typescript-eslint/no-require-imports": "off",
    "@typescript-eslint/unbound-method": "off",
    // These see no casts of JSDoc: any_leaks.ts does.
    ...Object.fromEntries(
      CAST.map((name) => [`@typescript-eslint/no-unsafe-${name}`, "off"]),
    ),
    // The runner waits for the tests of a file by itself.
    "@typescript-eslint/no-floating-promises": [
      "error",
      {
        allowForKnownSafeCalls: [
          { from: "package", name: "test", package: "node:test" },
        ],
      },
    ],
  },
});
