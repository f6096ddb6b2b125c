// kgscaffold:id=core/kryptogo-module
// The payments as a module: the callback's route, the worker beside it, and
// what the application calls.
import {
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type OptionalFactoryDependency,
  Scope,
  type Type,
} from "@nestjs/common";
import { ModuleRef } from "@nestjs/core";
import { getDataSourceToken } from "@nestjs/typeorm";
import type { DataSource } from "typeorm";
import { KryptogoController } from "./kryptogo.controller.js";
import { CONTEXT, KryptogoService } from "./kryptogo.service.js";
import {
  type Context,
  type Handler,
  type Handlers,
  type Log,
  type Status,
  STATUSES,
} from "./model.js";
import { ConfigurationError, createContext } from "./settings.js";

/** Who knows the orders, for people who look at a payment. */
export interface OrderFinder {
  findOrder: (orderId: string) => Promise<object | null>;
}

/** Where the payments meet the application. */
export interface KryptogoOptions {
  /** The modules that provide what the handlers, and `orders`, need. */
  imports?: NonNullable<ModuleMetadata["imports"]>;
  /** One injectable class for each status. */
  handlers: Readonly<Record<Status, Type<Handler>>>;
  orders: Type<OrderFinder>;
}

/** What a factory may give. */
export interface KryptogoSettings {
  /** Lines on stderr, unless given. */
  log?: Log;
}

/** The options, and a factory with what is injected into it. */
export interface KryptogoAsyncOptions extends KryptogoOptions {
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  useFactory: (
    ...injected: never[]
  ) => KryptogoSettings | Promise<KryptogoSettings>;
}

const SETTINGS = Symbol("KryptogoSettings");
const CLASSES = Symbol("KryptogoClasses");

@Module({})
export class KryptogoModule implements OnModuleInit {
  constructor(
    private readonly modules: ModuleRef,
    @Inject(CLASSES) private readonly classes: readonly Type[],
  ) {}

  /**
   * Refuse what is made anew for each request: the worker has none, and Nest
   * would start the application without one, without a word.
   */
  onModuleInit(): void {
    if (!this.isOfRequest(KryptogoService)) return;
    const names = this.classes
      .filter((one) => this.isOfRequest(one))
      .map(({ name }) => name);
    throw new ConfigurationError(
      `${names.join(", ") || "The factory of KryptogoModule"} is given something of the scope REQUEST. The worker has no request: take another scope, or ModuleRef.resolve() where it is needed.`,
    );
  }

  /** The payments of the application. */
  static forRoot(options: KryptogoOptions): DynamicModule {
    return this.forRootAsync({ ...options, useFactory: () => ({}) });
  }

  /** The payments, with what a factory gives. */
  static forRootAsync(options: KryptogoAsyncOptions): DynamicModule {
    const classes = STATUSES.map((status) => options.handlers[status]);
    const toContext = (
      db: DataSource,
      { log }: KryptogoSettings,
      orders: OrderFinder,
      ...instances: Handler[]
    ): Context =>
      createContext({
        db,
        findOrder: (orderId) => orders.findOrder(orderId),
        handlers: byStatus(instances),
        ...(log && { log }),
      });
    return {
      module: KryptogoModule,
      imports: options.imports ?? [],
      controllers: [KryptogoController],
      providers: [
        ...new Set(classes),
        { provide: CLASSES, useValue: [...classes, options.orders] },
        {
          provide: SETTINGS,
          inject: options.inject ?? [],
          useFactory: options.useFactory,
        },
        {
          provide: CONTEXT,
          inject: [getDataSourceToken(), SETTINGS, options.orders, ...classes],
          useFactory: toContext,
        },
        KryptogoService,
      ],
      exports: [KryptogoService],
    };
  }

  private isOfRequest(one: Type): boolean {
    return this.modules.introspect(one).scope === Scope.REQUEST;
  }
}

function byStatus(instances: readonly Handler[]): Handlers {
  const entries = STATUSES.map((status, place) => [status, instances[place]]);
  return Object.fromEntries(entries) as Handlers;
}
