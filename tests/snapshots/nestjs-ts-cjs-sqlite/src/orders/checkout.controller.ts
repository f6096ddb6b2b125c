// kgscaffold:id=app/shop
/** The pages of the shop: order, check out, see how far the payment is. */
import {
  BadGatewayException,
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Logger,
  NotFoundException,
  Param,
  Post,
  UnprocessableEntityException,
} from "@nestjs/common";
import { KryptogoService, PaymentUnderWay, ProviderError } from "../kryptogo";
import type { Order } from "./order.entity";
import { OrdersService } from "./orders.service";

const CURRENCIES = ["TWD", "USD"];

@Controller("orders")
export class CheckoutController {
  private readonly logger = new Logger(CheckoutController.name);

  constructor(
    private readonly orders: OrdersService,
    private readonly payments: KryptogoService,
  ) {}

  /** A new order. A real shop sums up the prices of its goods here. */
  @Post()
  async create(
    @Body() { amount, currency }: { amount?: unknown; currency?: unknown } = {},
  ): Promise<{ id: string }> {
    if (typeof currency !== "string" || !CURRENCIES.includes(currency)) {
      throw new UnprocessableEntityException(
        `currency must be one of ${CURRENCIES.join(", ")}`,
      );
    }
    if (!isAmount(amount)) {
      throw new UnprocessableEntityException(
        "amount must be a number of at least 0.01, with at most 4 decimals",
      );
    }
    return { id: await this.orders.create(String(amount), currency) };
  }

  /** What the customer needs to pay. The amount is the order's, never the
   * browser's. */
  @Post(":id/checkout")
  @HttpCode(200)
  async checkOut(@Param("id") id: string) {
    const order = await this.find(id);
    if (order.status === "paid") {
      throw new ConflictException("the order is paid");
    }
    const { amount, currency } = order;
    const intent = await this.payments
      .createIntent({ orderId: id, amount, currency })
      .catch((error: unknown) => this.refuse(id, error));
    return {
      payment_intent_id: intent.payment_intent_id,
      payment_address: intent.payment_address,
      payment_chain_id: intent.payment_chain_id,
      crypto_amount: intent.crypto_amount,
      symbol: intent.symbol,
      payment_deadline: intent.payment_deadline,
    };
  }

  /** The order and its payments. */
  @Get(":id")
  async show(@Param("id") id: string) {
    const order = await this.find(id);
    const found = await this.payments.paymentsForOrder(id);
    const payments = found.map((payment) => ({
      payment_intent_id: payment.payment_intent_id,
      status: payment.status,
      payment_tx_hash: payment.payment_tx_hash,
      payment_deadline: payment.payment_deadline,
      needs_review: payment.needs_review,
    }));
    return {
      id: order.id,
      status: order.status,
      amount: order.amount,
      currency: order.currency,
      payment_tx_hash: order.payment_tx_hash,
      refund_tx_hash: order.refund_tx_hash,
      refund_amount: order.refund_amount,
      payments,
    };
  }

  private async find(id: string): Promise<Order> {
    const order = /^[0-9a-z]+$/i.test(id)
      ? await this.orders.findOrder(id)
      : null;
    if (!order) throw new NotFoundException("no such order");
    return order;
  }

  private refuse(id: string, error: unknown): never {
    if (error instanceof PaymentUnderWay) {
      this.logger.log(`order ${id} is not checked out again: ${error.message}`);
      throw new ConflictException("a payment of this order is being confirmed");
    }
    if (error instanceof ProviderError) {
      this.logger.warn(`order ${id} cannot be checked out: ${error.message}`);
      throw new BadGatewayException(
        "the payment provider does not answer, try again",
      );
    }
    throw error;
  }
}

/** A number, or a text in plain digits, that is at least 0.01. */
function isAmount(amount: unknown): amount is string | number {
  if (typeof amount !== "string" && typeof amount !== "number") return false;
  return (
    /^\d{1,16}(\.\d{1,4})?$/.test(String(amount)) && Number(amount) >= 0.01
  );
}
