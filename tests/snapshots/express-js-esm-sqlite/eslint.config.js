// kgscaffold:id=project/eslint
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";

export default defineConfig({
  files: ["**/*.js"],
  extends: [js.configs.recommended],
  languageOptions: { globals: globals.nodeBuiltin },
});
