import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthSources {
  /** Pollers run, and no shutdown has begun. Never asks the targets. */
  readonly ready: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

/** `/livez`, `/readyz` and `/metrics`. */
export class HealthServer implements AsyncDisposable {
  private constructor(private readonly server: Server) {}

  static async listen(host: string, port: number, { ready, metrics }: HealthSources): Promise<HealthServer> {
    const server = createServer((request, response) => {
      const answer = (status: number, text: string): void => {
        response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
      };
      switch (request.url) {
        case '/livez':
          answer(200, 'ok\n');
          return;
        case '/readyz':
          if (ready()) answer(200, 'ok\n');
          else answer(503, 'not ready\n');
          return;
        case '/metrics':
          metrics().then(
            (text) => {
              answer(200, text);
            },
            (error: unknown) => {
              answer(500, `${String(error)}\n`);
            },
          );
          return;
        default:
          answer(404, 'expected /livez, /readyz or /metrics\n');
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return new HealthServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
