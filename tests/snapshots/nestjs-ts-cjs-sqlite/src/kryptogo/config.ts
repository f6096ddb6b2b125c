// kgscaffold:id=module/config
/** Where the payments meet this application. Secrets are in the environment,
 * see .env.example. */
export const ROUTE = "/api/payment/callback";
export const ORDER_DATA_KEY = "order_id";
