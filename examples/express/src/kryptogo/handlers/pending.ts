// kgscaffold:id=handlers/pending
import type { Handler } from "../core/model.js";

export const pending: Handler = {
  /** The customer has not paid yet: nothing changes for the order. */
  apply() {
    // Your code.
  },
};
