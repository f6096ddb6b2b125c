// kgscaffold:id=app/orders
"use strict";

/** The orders of the shop. */

/** @import { Knex } from "knex" */

const { randomUUID } = require("node:crypto");

const { knex } = require("./db");
const { transaction } = require("./kryptogo/core/database");

const TABLE = "orders";

/**
 * @typedef {object} Order
 * @property {string} id
 * @property {string} status
 * @property {string} amount - A decimal string.
 * @property {string} currency
 * @property {string | null} payment_tx_hash
 * @property {string | null} refund_tx_hash
 * @property {string | null} refund_amount
 * @property {Date} created_at
 */

/**
 * The id of a new order over `amount`, a decimal string.
 *
 * @param {string} amount
 * @param {string} currency
 * @returns {Promise<string>}
 */
async function createOrder(amount, currency) {
  const id = randomUUID().replaceAll("-", "");
  const created_at = new Date();
  const order = { id, status: "new", amount, currency, created_at };
  await transaction(knex, (tx) => tx(TABLE).insert(order));
  return id;
}

/**
 * The order as it stands, or null.
 *
 * @param {string} orderId
 * @returns {Promise<Order | null>}
 */
async function findOrder(orderId) {
  /** @type {Order | undefined} */
  const row = await knex(TABLE).where({ id: orderId }).first();
  // SQLite keeps a time as a number.
  return row ? { ...row, created_at: new Date(row.created_at) } : null;
}

/**
 * Write to an order in the caller's transaction. Throws where there is none.
 *
 * @param {Knex.Transaction} tx
 * @param {string} orderId
 * @param {Partial<Order>} values
 */
async function updateOrder(tx, orderId, values) {
  const updated = await tx(TABLE).where({ id: orderId }).update(values);
  if (updated === 0) throw new Error(`there is no order ${orderId}`);
}

/**
 * Close an order that nobody paid in time. An underpaid or refunded one stays
 * that.
 *
 * @param {Knex.Transaction} tx
 * @param {string} orderId
 */
async function expireOrder(tx, orderId) {
  const order = tx(TABLE).where({ id: orderId });
  const kept = ["underpaid", "refunded"];
  const values = { status: "expired" };
  const updated = await order.clone().whereNotIn("status", kept).update(values);
  if (updated === 0 && !(await order.first())) {
    throw new Error(`there is no order ${orderId}`);
  }
}

module.exports = { createOrder, findOrder, updateOrder, expireOrder };
