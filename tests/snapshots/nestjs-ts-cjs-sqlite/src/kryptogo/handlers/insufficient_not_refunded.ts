// kgscaffold:id=handlers/insufficient_not_refunded
import { Injectable } from "@nestjs/common";
import type { EntityManager } from "typeorm";
import { OrdersService } from "../../orders/orders.service";
import type { Handler, Payment, PaymentEvent } from "../core/model";

@Injectable()
export class InsufficientNotRefundedHandler implements Handler {
  constructor(private readonly orders: OrdersService) {}

  /** The customer paid too little. Not final: a refund or a success may follow.
   */
  async apply(
    tx: EntityManager,
    payment: Payment,
    event: PaymentEvent,
  ): Promise<void> {
    if (event.order_already_paid) return;
    await this.orders.update(tx, payment.order_id, {
      status: "underpaid",
      payment_tx_hash: event.payment_tx_hash,
    });
  }
}
