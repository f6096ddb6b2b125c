// kgscaffold:id=app/orders
/** The orders of the shop. */
import { randomUUID } from "node:crypto";

import type { Knex } from "knex";

import { knex } from "./db.js";
import { transaction } from "./kryptogo/core/database.js";

const TABLE = "orders";

export interface Order {
  id: string;
  status: string;
  /** A decimal string. */
  amount: string;
  currency: string;
  payment_tx_hash: string | null;
  refund_tx_hash: string | null;
  refund_amount: string | null;
  created_at: Date;
}

/** The id of a new order over `amount`, a decimal string. */
export async function createOrder(
  amount: string,
  currency: string,
): Promise<string> {
  const id = randomUUID().replaceAll("-", "");
  const created_at = new Date();
  const order = { id, status: "new", amount, currency, created_at };
  await transaction(knex, (tx) => tx(TABLE).insert(order));
  return id;
}

/** The order as it stands, or null. */
export async function findOrder(orderId: string): Promise<Order | null> {
  const row = await knex<Order>(TABLE).where({ id: orderId }).first();
  // SQLite keeps a time as a number.
  return row ? { ...row, created_at: new Date(row.created_at) } : null;
}

/**
 * Write to an order in the caller's transaction. Throws where there is none.
 */
export async function updateOrder(
  tx: Knex.Transaction,
  orderId: string,
  values: Partial<Order>,
): Promise<void> {
  const updated = await tx(TABLE).where({ id: orderId }).update(values);
  if (updated === 0) throw new Error(`there is no order ${orderId}`);
}

/** Close an order that nobody paid in time. An underpaid or refunded one stays
 * that. */
export async function expireOrder(
  tx: Knex.Transaction,
  orderId: string,
): Promise<void> {
  const order = tx(TABLE).where({ id: orderId });
  const kept = ["underpaid", "refunded"];
  const values = { status: "expired" };
  const updated = await order.clone().whereNotIn("status", kept).update(values);
  if (updated === 0 && !(await order.first())) {
    throw new Error(`there is no order ${orderId}`);
  }
}
