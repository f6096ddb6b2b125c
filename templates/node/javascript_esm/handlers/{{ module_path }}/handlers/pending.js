// kgscaffold:id=handlers/pending

/** @import { Handler } from "../core/model.js" */

/** @type {Handler} */
export const pending = {
  /** The customer has not paid yet: nothing changes for the order. */
  apply() {
    // Your code.
  },
};
