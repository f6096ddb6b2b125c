// kgscaffold:id=app/module
/** The application: orders, and the KryptoGO callback. */
import { Module } from "@nestjs/common";
import { ConfigModule } from "@nestjs/config";
import { DatabaseModule } from "./database.module.js";
import { HealthController } from "./health.controller.js";
import { handlers } from "./kryptogo/handlers/index.js";
import { KryptogoModule } from "./kryptogo/index.js";
import { CheckoutController } from "./orders/checkout.controller.js";
import { OrdersModule } from "./orders/orders.module.js";
import { OrdersService } from "./orders/orders.service.js";

@Module({
  imports: [
    // Tests have an environment of their own.
    ConfigModule.forRoot({ ignoreEnvFile: process.env["NODE_ENV"] === "test" }),
    DatabaseModule,
    OrdersModule,
    KryptogoModule.forRoot({
      imports: [OrdersModule],
      handlers,
      orders: OrdersService,
    }),
  ],
  controllers: [CheckoutController, HealthController],
})
export class AppModule {}
