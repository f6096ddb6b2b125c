// kgscaffold:id=module/main
"use strict";

/** The commands for the people who run the shop: `npm run kryptogo`. */
const { parts } = require("./config");
const { main } = require("./core/ops");
const { createContext } = require("./core/settings");

const args = process.argv.slice(2);
void main(createContext(parts), args).then((code) => process.exit(code));
