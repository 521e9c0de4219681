import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FileEntries } from './contract.js';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service of the test that keeps an inventory. */
export class InventoryService implements AsyncDisposable {
  readonly asked: IncomingMessage[] = [];
  /** What it answers; undefined leaves the question open. */
  answer: (asked: IncomingMessage) => Answer | undefined;

  private constructor(
    private readonly server: Server,
    entries: FileEntries,
  ) {
    this.answer = ({ url = '' }) => InventoryService.answerOf(entries, url);
  }

  static async start(entries: FileEntries = {}): Promise<InventoryService> {
    const server = createServer();
    const service = new InventoryService(server, entries);
    server.on('request', (request, response) => {
      service.asked.push(request);
      const answer = service.answer(request);
      if (answer !== undefined) response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/inventory`;
  }

  static answerOf(entries: FileEntries, asked: string): Answer {
    const { pathname, searchParams } = new URL(asked, 'http://service');
    const all = Object.entries(entries).flatMap(([target, found]) => found.map((entry) => ({ target, ...entry })));
    if (pathname === '/inventory/targets') return { status: 200, body: JSON.stringify({ targets: all }) };
    const target = decodeURIComponent(/^\/inventory\/targets\/([^/]+)$/.exec(pathname)?.[1] ?? '');
    const found = all.find((entry) => entry.target === target && entry.environment === searchParams.get('environment'));
    return found === undefined ? { status: 404 } : { status: 200, body: JSON.stringify(found) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
