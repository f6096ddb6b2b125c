// kgscaffold:id=handlers/pending
import { Injectable } from "@nestjs/common";
import type { Handler } from "../core/model";

@Injectable()
export class PendingHandler implements Handler {
  /** The customer has not paid yet: nothing changes for the order. */
  apply(): void {
    // Your code.
  }
}
