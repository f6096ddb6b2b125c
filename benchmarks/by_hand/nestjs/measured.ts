/** The shop, and beside it a route that does one INSERT through the same
 * connections. */
import "reflect-metadata";
import { randomUUID } from "node:crypto";
import { Body, Controller, HttpCode, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { DataSource } from "typeorm";
import { AppModule } from "./app.module.js";
import { Bare } from "./entities_by_hand.js";

interface Payload {
  payment_intent_id: string;
  status: string;
}

@Controller("bare")
class BareController {
  constructor(private readonly database: DataSource) {}

  @Post()
  @HttpCode(200)
  async store(@Body() payload: Payload): Promise<{ received: true }> {
    await this.database.manager.insert(Bare, {
      id: randomUUID().replaceAll("-", ""),
      payment_intent_id: payload.payment_intent_id,
      status: payload.status,
      payload,
      received_at: new Date(),
    });
    return { received: true };
  }
}

@Module({ imports: [AppModule], controllers: [BareController] })
class MeasuredModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(MeasuredModule);
  await app.listen(Number(process.env["PORT"]), "127.0.0.1");
}

void main();
