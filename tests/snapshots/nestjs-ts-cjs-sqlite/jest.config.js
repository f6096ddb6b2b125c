// kgscaffold:id=project/jest
/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.spec.ts"],
  setupFiles: ["<rootDir>/test/environment.ts"],
  transform: { "\\.ts$": "ts-jest" },
};
