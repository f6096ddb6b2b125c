// kgscaffold:id=module/init
/**
 * KryptoGO payments: `app.use(payments)`, `payments.createIntent` at checkout,
 * and your handlers.
 *
 * In server.ts: `await payments.start()` before the server listens, and `await
 * payments.stop()` when it has closed.
 */
import { parts } from "./config.js";
import { kryptogo } from "./core/route.js";

export { ProviderError } from "./core/client.js";
export type {
  Handler,
  Intent,
  Payment,
  PaymentEvent,
  Status,
} from "./core/model.js";
export { PaymentUnderWay, RegistrationError } from "./core/registration.js";
export { kryptogo, type Payments } from "./core/route.js";
export { ConfigurationError } from "./core/settings.js";

/** The router for KryptoGO's callbacks, with all that your code calls. */
export const payments = kryptogo(parts);
