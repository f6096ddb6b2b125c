// kgscaffold:id=app/data-source
/** What the application, the migrations and TypeORM's command line connect
 * to. */
import { DataSource, type DataSourceOptions } from "typeorm";
import { databaseOptions, databaseUrl } from "./database.options";

/** The connections, which are made when they are first needed. */
export class Database extends DataSource {
  private connecting: Promise<this> | null = null;

  constructor(options: DataSourceOptions = databaseOptions()) {
    super(options);
  }

  /** Connect. Whoever asks meanwhile waits for the same connections. */
  override initialize(): Promise<this> {
    this.connecting ??= this.connect().finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  private async connect(): Promise<this> {
    databaseUrl(); // wrong: told by whoever needs it, at the start with the rest
    return this.isInitialized ? this : super.initialize();
  }
}

export default new Database();
