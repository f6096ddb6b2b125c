// kgscaffold:id=app/health
import { Controller, Get } from "@nestjs/common";

@Controller("healthz")
export class HealthController {
  /** Whether the process answers. */
  @Get()
  answer(): { status: "ok" } {
    return { status: "ok" };
  }
}
