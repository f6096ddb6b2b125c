// kgscaffold:id=module/main
/** The commands for the people who run the shop: `npm run kryptogo`. */
import { parts } from "./config.js";
import { main } from "./core/ops.js";
import { createContext } from "./core/settings.js";

const args = process.argv.slice(2);
void main(createContext(parts), args).then((code) => process.exit(code));
