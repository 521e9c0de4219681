import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeForLog } from '../activities/index.js';
import { SternaError } from '../contract/index.js';
import type { Log } from '../target/index.js';

export interface HealthSources {
  /** Pollers run, and no shutdown has begun. Never asks the targets. */
  readonly ready: () => boolean;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Pick<Log, 'error'>;
}

/** `/livez`, `/readyz` and `/metrics`. */
export class HealthServer implements AsyncDisposable {
  private constructor(private readonly server: Server) {}

  /** Throws `config_invalid` where it cannot listen, e.g. because the port is in use. */
  static async listen(host: string, port: number, { ready, metrics, log }: HealthSources): Promise<HealthServer> {
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
              log.error(describeForLog(error), 'the metrics cannot be told');
              answer(500, 'the metrics cannot be told; the log of the worker has the rest\n');
            },
          );
          return;
        default:
          answer(404, 'expected /livez, /readyz or /metrics\n');
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(notListening(host, port, error)));
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

function notListening(host: string, port: number, cause: NodeJS.ErrnoException): SternaError {
  return new SternaError(
    'config_invalid',
    `Expected to listen at ${host}, port ${port} (healthHost, healthPort), got ${cause.code ?? 'an error'}. Name another port or address, or end what listens there.`,
    { cause },
  );
}
