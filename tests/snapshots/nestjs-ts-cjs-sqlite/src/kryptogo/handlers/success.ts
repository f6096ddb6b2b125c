// kgscaffold:id=handlers/success
import { Injectable, Logger } from "@nestjs/common";
import type { EntityManager } from "typeorm";
import { OrdersService } from "../../orders/orders.service";
import type { Handler, Payment, PaymentEvent } from "../core/model";

@Injectable()
export class SuccessHandler implements Handler {
  private readonly logger = new Logger(SuccessHandler.name);

  constructor(private readonly orders: OrdersService) {}

  /** The order is paid. `event.late`: it had expired before, so its goods may
   * be gone. */
  async apply(
    tx: EntityManager,
    payment: Payment,
    event: PaymentEvent,
  ): Promise<void> {
    await this.orders.update(tx, payment.order_id, {
      status: "paid",
      payment_tx_hash: event.payment_tx_hash,
    });
  }

  /** At least once, after the commit: mail, fulfilment. `event.key` makes them
   * idempotent. */
  afterCommit(payment: Payment, event: PaymentEvent): void {
    this.logger.log(
      `order ${payment.order_id} is paid: ship it (${event.key})`,
    );
  }
}
