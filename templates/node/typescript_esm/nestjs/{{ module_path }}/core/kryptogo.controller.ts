// kgscaffold:id=core/kryptogo-controller
// The callback's route. Its body is read as it is, by this route alone.
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  HttpCode,
  Post,
  Req,
  Res,
  UseFilters,
} from "@nestjs/common";
import { BaseExceptionFilter, HttpAdapterHost } from "@nestjs/core";
import express, { type Request, type Response } from "express";
import { ROUTE } from "../config.js";
import { KryptogoService } from "./kryptogo.service.js";
import { MAX_BODY } from "./payload.js";
import { refusalOf } from "./receive.js";

const raw = express.raw({ type: () => true, limit: MAX_BODY, inflate: false });
/** Why a body could not be read: told once the token has been looked at. */
const faults = new WeakMap<Request, unknown>();

/** Errors of this route as its own answers; others are Nest's. */
@Catch()
export class CallbackFilter
  extends BaseExceptionFilter
  implements ExceptionFilter
{
  constructor(
    private readonly payments: KryptogoService,
    server: HttpAdapterHost,
  ) {
    super(server.httpAdapter);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const refusal = refusalOf(error, this.payments.context.log);
    if (!refusal) {
      super.catch(error, host);
      return;
    }
    const response = host.switchToHttp().getResponse<Response>();
    response.status(refusal.status).set(refusal.headers).json(refusal.body);
  }
}

@Controller()
@UseFilters(CallbackFilter)
export class KryptogoController {
  constructor(
    private readonly payments: KryptogoService,
    server: HttpAdapterHost,
  ) {
    // Before the application's own parsers, which are in place when the first
    // request comes.
    server.httpAdapter?.use(
      (request: Request, response: Response, next: () => void) => {
        if (!request.path.endsWith(ROUTE)) {
          next();
          return;
        }
        raw(request, response, (fault?: unknown) => {
          if (fault) faults.set(request, fault);
          next();
        });
      },
    );
  }

  /** Acknowledge a callback once it is stored. */
  @Post(ROUTE)
  @HttpCode(200)
  async receive(@Req() request: Request): Promise<{ received: true }> {
    const { query, headers } = request;
    this.payments.authorize(query["token"], headers["content-length"]);
    const fault = faults.get(request);
    if (fault) throw fault;
    await this.payments.receive(request.body);
    return { received: true };
  }

  @All(ROUTE)
  refuse(@Res() response: Response): void {
    response.status(405).set("Allow", "POST");
    response.json({ detail: "Method Not Allowed" });
  }
}
