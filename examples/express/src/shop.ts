// kgscaffold:id=app/shop
/** The pages of the shop: order, check out, see how far the payment is. */
import express, { type Request, type Response } from "express";

import { PaymentUnderWay, payments, ProviderError } from "./kryptogo/index.js";
import { createOrder, findOrder, type Order } from "./orders.js";

const CURRENCIES = ["TWD", "USD"];

export const shop = express.Router();

/** A new order. A real shop sums up the prices of its goods here. */
shop.post(
  "/orders",
  express.json({ type: () => true }),
  async (request, response) => {
    const { amount, currency } = fieldsOf(request.body);
    if (typeof currency !== "string" || !CURRENCIES.includes(currency)) {
      refuse(response, 422, `currency must be one of ${CURRENCIES.join(", ")}`);
    } else if (!isAmount(amount)) {
      refuse(
        response,
        422,
        "amount must be a number of at least 0.01, with at most 4 decimals",
      );
    } else {
      const id = await createOrder(String(amount), currency);
      response.status(201).json({ id });
    }
  },
);

/** What the customer needs to pay. The amount is the order's, never the
 * browser's. */
shop.post("/orders/:id/checkout", async (request, response) => {
  const order = await orderOf(request);
  if (!order) {
    refuse(response, 404, "no such order");
    return;
  }
  if (order.status === "paid") {
    refuse(response, 409, "the order is paid");
    return;
  }
  const { id, amount, currency } = order;
  try {
    const intent = await payments.createIntent({
      orderId: id,
      amount,
      currency,
    });
    response.json({
      payment_intent_id: intent.payment_intent_id,
      payment_address: intent.payment_address,
      payment_chain_id: intent.payment_chain_id,
      crypto_amount: intent.crypto_amount,
      symbol: intent.symbol,
      payment_deadline: intent.payment_deadline,
    });
  } catch (error) {
    if (error instanceof PaymentUnderWay) {
      console.log(`order ${id} is not checked out again: ${error.message}`);
      refuse(response, 409, "a payment of this order is being confirmed");
    } else if (error instanceof ProviderError) {
      console.warn(
        `WARNING order ${id} cannot be checked out: ${error.message}`,
      );
      refuse(response, 502, "the payment provider does not answer, try again");
    } else {
      throw error;
    }
  }
});

/** The order and its payments. */
shop.get("/orders/:id", async (request, response) => {
  const order = await orderOf(request);
  if (!order) {
    refuse(response, 404, "no such order");
    return;
  }
  const found = await payments.paymentsForOrder(order.id);
  const shown = found.map((payment) => ({
    payment_intent_id: payment.payment_intent_id,
    status: payment.status,
    payment_tx_hash: payment.payment_tx_hash,
    payment_deadline: payment.payment_deadline,
    needs_review: payment.needs_review,
  }));
  response.json({ ...order, payments: shown });
});

/** Whether the process answers. */
shop.get("/healthz", (_request, response) => {
  response.json({ status: "ok" });
});

async function orderOf(
  request: Request<{ id: string }>,
): Promise<Order | null> {
  const { id } = request.params;
  return /^[0-9a-z]+$/i.test(id) ? findOrder(id) : null;
}

function fieldsOf(body: unknown): { amount?: unknown; currency?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}

/** A number, or a text in plain digits, that is at least 0.01. */
function isAmount(amount: unknown): amount is string | number {
  if (typeof amount !== "string" && typeof amount !== "number") return false;
  return (
    /^\d{1,16}(\.\d{1,4})?$/.test(String(amount)) && Number(amount) >= 0.01
  );
}

function refuse(response: Response, status: number, error: string): void {
  response.status(status).json({ error });
}
