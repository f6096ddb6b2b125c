// kgscaffold:id=handlers/expired
import { Injectable } from "@nestjs/common";
import type { EntityManager } from "typeorm";
import { OrdersService } from "../../orders/orders.service";
import type { Handler, Payment, PaymentEvent } from "../core/model";

@Injectable()
export class ExpiredHandler implements Handler {
  constructor(private readonly orders: OrdersService) {}

  /** The customer did not pay in time. A late payment may still come, as a
   * success. */
  async apply(
    tx: EntityManager,
    payment: Payment,
    event: PaymentEvent,
  ): Promise<void> {
    if (event.order_already_paid) return;
    await this.orders.expire(tx, payment.order_id);
  }
}
