// kgscaffold:id=core/kryptogo-service
// What the application calls, and the worker, which begins and ends with the
// server.
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import type { Tx } from "./database";
import type { Context, Intent, Payment } from "./model";
import { authorize, receive } from "./receive";
import {
  createIntent,
  type Due,
  paymentsForOrder,
  registerIntent,
} from "./registration";
import { checkStart } from "./settings";
import { processDue, Worker } from "./worker";

/** The token of what the core works with. */
export const CONTEXT = Symbol("KryptogoContext");

@Injectable()
export class KryptogoService
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly worker: Worker;

  constructor(
    @Inject(CONTEXT) readonly context: Context,
    private readonly server: HttpAdapterHost,
  ) {
    this.worker = new Worker(context);
  }

  /**
   * Check all that a start needs, and run the worker unless
   * KRYPTOGO_WORKER=off.
   * Throws ConfigurationError with all that must be mended first.
   */
  async onApplicationBootstrap(): Promise<void> {
    // The commands have no server, and check what they need themselves.
    const isServer = Boolean(this.server.httpAdapter);
    if (isServer && (await checkStart(this.context)).worker) {
      this.worker.start();
    }
  }

  /** Finish what is under way, while the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop();
  }

  /** Check what comes before a body: see core/receive. */
  authorize(token: unknown, contentLength: string | undefined): void {
    authorize(this.context, token, contentLength);
  }

  /** Store a delivery, and have the worker look at it. */
  async receive(body: unknown): Promise<void> {
    await receive(this.context, body);
    this.worker.wake();
  }

  /** An intent at KryptoGO, registered: see core/registration. */
  createIntent(due: Due, options?: { reuse?: boolean }): Promise<Intent> {
    return createIntent(this.context, due, options);
  }

  /** Expect a payment, in the caller's transaction: see core/registration. */
  registerIntent(
    tx: Tx,
    intentId: string,
    due: Due,
    deadline?: Date,
  ): Promise<void> {
    return registerIntent(this.context, tx, intentId, due, deadline);
  }

  /** The payments of an order, oldest first, for the user interface. */
  paymentsForOrder(orderId: string): Promise<Payment[]> {
    return paymentsForOrder(this.context, orderId);
  }

  /** Process all that is due now, without a worker; how many callbacks. */
  processDue(): Promise<number> {
    return processDue(this.context);
  }
}
