// kgscaffold:id=app/module
/** The application: orders, and the KryptoGO callback. */
import { Module } from "@nestjs/common";
import { ConfigModule } from "@nestjs/config";
import { DatabaseModule } from "./database.module";
import { HealthController } from "./health.controller";
import { handlers } from "./kryptogo/handlers";
import { KryptogoModule } from "./kryptogo";
import { CheckoutController } from "./orders/checkout.controller";
import { OrdersModule } from "./orders/orders.module";
import { OrdersService } from "./orders/orders.service";

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
