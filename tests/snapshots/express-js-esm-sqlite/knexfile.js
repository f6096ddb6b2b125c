// kgscaffold:id=project/knexfile
/** What Knex's own commands read: `npm run knex -- migrate:make add_customers`. */
import { config } from "./src/db.js";

export default config;
