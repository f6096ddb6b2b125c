// kgscaffold:id=module/init
// KryptoGO payments: `KryptogoModule.forRoot(…)` in your module,
// `KryptogoService` at checkout, and your handlers.
export { ProviderError } from "./core/client.js";
export {
  KryptogoModule,
  type KryptogoAsyncOptions,
  type KryptogoOptions,
} from "./core/kryptogo.module.js";
export { KryptogoService } from "./core/kryptogo.service.js";
export type {
  Handler,
  Intent,
  Payment,
  PaymentEvent,
  Status,
} from "./core/model.js";
export { PaymentUnderWay, RegistrationError } from "./core/registration.js";
export { ConfigurationError } from "./core/settings.js";
