// kgscaffold:id=module/init
/**
 * KryptoGO payments: `app.use(payments)`, `payments.createIntent` at checkout,
 * and your handlers.
 *
 * In server.ts: `await payments.start()` before the server listens, and `await
 * payments.stop()` when it has closed.
 */
import { parts } from "./config";
import { kryptogo } from "./core/route";

export { ProviderError } from "./core/client";
export type {
  Handler,
  Intent,
  Payment,
  PaymentEvent,
  Status,
} from "./core/model";
export { PaymentUnderWay, RegistrationError } from "./core/registration";
export { kryptogo, type Payments } from "./core/route";
export { ConfigurationError } from "./core/settings";

/** The router for KryptoGO's callbacks, with all that your code calls. */
export const payments = kryptogo(parts);
