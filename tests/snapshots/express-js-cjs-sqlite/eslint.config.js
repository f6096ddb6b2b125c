// kgscaffold:id=project/eslint
const js = require("@eslint/js");
const { defineConfig } = require("eslint/config");
const globals = require("globals");

module.exports = defineConfig({
  files: ["**/*.js"],
  extends: [js.configs.recommended],
  languageOptions: { sourceType: "commonjs", globals: globals.node },
});
