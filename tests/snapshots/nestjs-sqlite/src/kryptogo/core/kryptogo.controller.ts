// kgscaffold:id=core/kryptogo-controller
// The callback's route. Its body is read as it is, by this route alone.
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  HttpCode,
  Post,
  Req,
  Res,
  UseFilters,
} from "@nestjs/common";
import { BaseExceptionFilter, HttpAdapterHost } from "@nestjs/core";
import express, {
  type NextFunction,
  type Request,
  type Response,
} from "express";
import { ROUTE } from "../config.js";
import { KryptogoService } from "./kryptogo.service.js";
import type { Log } from "./model.js";
import { MAX_BODY } from "./payload.js";
import { refusalOf } from "./receive.js";

const raw = express.raw({ type: () => true, limit: MAX_BODY, inflate: false });

/** Answers an error of this route; false where it is not ours. */
function refuse(response: Response, error: unknown, log: Log): boolean {
  const refusal = refusalOf(error, log);
  if (!refusal) return false;
  response.status(refusal.status).set(refusal.headers).json(refusal.body);
  return true;
}

/** Errors of this route as its own answers; others are Nest's. */
@Catch()
export class CallbackFilter extends BaseExceptionFilter {
  constructor(
    private readonly payments: KryptogoService,
    server: HttpAdapterHost,
  ) {
    super(server.httpAdapter);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (!refuse(response, error, this.payments.context.log)) {
      super.catch(error, host);
    }
  }
}

@Controller()
@UseFilters(CallbackFilter)
export class KryptogoController {
  constructor(
    private readonly payments: KryptogoService,
    server: HttpAdapterHost,
  ) {
    // Before the application's own parsers, which come when it is started.
    // Where they were faster (a server that is made later, as in a testing
    // module), their document is taken.
    (server.httpAdapter as HttpAdapterHost["httpAdapter"] | undefined)?.use(
      (request: Request, response: Response, next: NextFunction) => {
        if (request.method === "POST" && request.path.endsWith(ROUTE)) {
          this.read(request, response, next);
        } else {
          next();
        }
      },
    );
  }

  /** Acknowledge a callback once it is stored. */
  @Post(ROUTE)
  @HttpCode(200)
  async receive(@Req() request: Request): Promise<{ received: true }> {
    this.check(request);
    await this.payments.receive(request.body);
    return { received: true };
  }

  @All(ROUTE)
  refuse(@Res() response: Response): void {
    response.status(405).set("Allow", "POST");
    response.json({ detail: "Method Not Allowed" });
  }

  private check({ query, headers }: Request): void {
    this.payments.authorize(query["token"], headers["content-length"]);
  }

  /** Read the body as it is, unless it is refused before. */
  private read(request: Request, response: Response, next: NextFunction): void {
    const proceed = (fault?: unknown): void => {
      const { log } = this.payments.context;
      if (!fault) next();
      else if (!refuse(response, fault, log)) next(fault);
    };
    try {
      this.check(request);
    } catch (error) {
      proceed(error);
      return;
    }
    raw(request, response, proceed);
  }
}
