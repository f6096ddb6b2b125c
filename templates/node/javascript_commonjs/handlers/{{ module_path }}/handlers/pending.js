// kgscaffold:id=handlers/pending
"use strict";

/** @import { Handler } from "../core/model" */

/** @type {Handler} */
const pending = {
  /** The customer has not paid yet: nothing changes for the order. */
  apply() {
    // Your code.
  },
};

module.exports = { pending };
