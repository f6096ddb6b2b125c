// kgscaffold:id=project/eslint
const js = require("@eslint/js");
const { defineConfig, globalIgnores } = require("eslint/config");
const tseslint = require("typescript-eslint");

module.exports = defineConfig(globalIgnores(["dist/"]), {
  files: ["**/*.ts"],
  extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    // A module may be a class with a decorator and nothing else.
    "@typescript-eslint/no-extraneous-class": [
      "error",
      { allowWithDecorator: true },
    ],
    // Nest's options are classes, and Express's requests are made by no
    // constructor: both are taken as they come.
    "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
  },
});
