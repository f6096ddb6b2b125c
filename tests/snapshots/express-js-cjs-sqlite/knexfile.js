// kgscaffold:id=project/knexfile
"use strict";

/** What Knex's own commands read: `npm run knex -- migrate:make add_customers`. */
const { config } = require("./src/db");

module.exports = config;
