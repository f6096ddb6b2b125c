// kgscaffold:id=module/init
// KryptoGO payments: `KryptogoModule.forRoot(…)` in your module,
// `KryptogoService` at checkout, and your handlers.
export { ProviderError } from "./core/client";
export {
  KryptogoModule,
  type KryptogoAsyncOptions,
  type KryptogoOptions,
} from "./core/kryptogo.module";
export { KryptogoService } from "./core/kryptogo.service";
export type {
  Handler,
  Intent,
  Payment,
  PaymentEvent,
  Status,
} from "./core/model";
export { PaymentUnderWay, RegistrationError } from "./core/registration";
export { ConfigurationError } from "./core/settings";
