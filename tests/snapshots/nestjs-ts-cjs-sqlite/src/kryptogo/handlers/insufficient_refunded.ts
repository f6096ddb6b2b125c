// kgscaffold:id=handlers/insufficient_refunded
import { Injectable, Logger } from "@nestjs/common";
import type { EntityManager } from "typeorm";
import { OrdersService } from "../../orders/orders.service";
import type { Handler, Payment, PaymentEvent } from "../core/model";

@Injectable()
export class InsufficientRefundedHandler implements Handler {
  private readonly logger = new Logger(InsufficientRefundedHandler.name);

  constructor(private readonly orders: OrdersService) {}

  /** The customer paid too little and got it back: the order is over. */
  async apply(
    tx: EntityManager,
    payment: Payment,
    event: PaymentEvent,
  ): Promise<void> {
    if (event.order_already_paid) return;
    await this.orders.update(tx, payment.order_id, {
      status: "refunded",
      refund_tx_hash: event.refund_tx_hash,
      refund_amount: event.refund_amount,
    });
  }

  /** At least once, after the commit: mail, fulfilment. `event.key` makes them
   * idempotent. */
  afterCommit(payment: Payment, event: PaymentEvent): void {
    const { order_id } = payment;
    this.logger.log(
      `order ${order_id} was refunded: tell the customer (${event.key})`,
    );
  }
}
