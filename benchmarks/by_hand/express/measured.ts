/** The callbacks' route, and beside it one that does one INSERT through the
 * same pool. */
import { randomUUID } from "node:crypto";
import express from "express";
import { knex } from "./db.js";
import { payments } from "./kryptogo/index.js";

interface Payload {
  payment_intent_id: string;
  status: string;
}

const app = express();
app.post("/bare", express.json(), async (request, response) => {
  const payload = request.body as Payload;
  await knex("bare").insert({
    id: randomUUID().replaceAll("-", ""),
    payment_intent_id: payload.payment_intent_id,
    status: payload.status,
    payload: JSON.stringify(payload),
    received_at: new Date(),
  });
  response.json({ received: true });
});
app.use(payments);
app.listen(Number(process.env["PORT"]), "127.0.0.1");
