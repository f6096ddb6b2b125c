// kgscaffold:id=app/orders
import { randomUUID } from "node:crypto";
import { Injectable } from "@nestjs/common";
import { DataSource, type EntityManager, In, Not } from "typeorm";
import { transaction } from "../kryptogo/core/database";
import { Order } from "./order.entity";

/** The orders of the shop. */
@Injectable()
export class OrdersService {
  constructor(private readonly database: DataSource) {}

  /** The id of a new order over `amount`, a decimal string. */
  async create(amount: string, currency: string): Promise<string> {
    const id = randomUUID().replaceAll("-", "");
    const created_at = new Date();
    const order = { id, status: "new", amount, currency, created_at };
    // It is tried again where others are in the way, and waits its turn on
    // SQLite.
    await transaction(this.database, (tx) => tx.insert(Order, order));
    return id;
  }

  /** The order as it stands, or null. */
  findOrder(orderId: string): Promise<Order | null> {
    return this.database.manager.findOneBy(Order, { id: orderId });
  }

  /** Write to an order in the caller's transaction. Throws where there is none.
   */
  async update(
    tx: EntityManager,
    orderId: string,
    values: Partial<Order>,
  ): Promise<void> {
    const { affected } = await tx.update(Order, { id: orderId }, values);
    if (affected === 0) throw new Error(`there is no order ${orderId}`);
  }

  /** Close an order that nobody paid in time. An underpaid or refunded one
   * stays that. */
  async expire(tx: EntityManager, orderId: string): Promise<void> {
    const open = { id: orderId, status: Not(In(["underpaid", "refunded"])) };
    const { affected } = await tx.update(Order, open, { status: "expired" });
    if (affected === 0 && !(await tx.existsBy(Order, { id: orderId }))) {
      throw new Error(`there is no order ${orderId}`);
    }
  }
}
