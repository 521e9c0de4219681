import { z } from 'zod';

/** Of a secret reference; which ones there are is known once the inventory is open. */
export const SCHEME = /^[a-z][a-z0-9]*:./;

/** What a configuration says of a webhook. */
export const webhookShape = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const message = mistakeInUrl(text);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe('States of changes are posted there.'),
    authorization: z
      .string()
      .regex(SCHEME, 'expected a secret reference, e.g. `env:NAME` or `file:/path`')
      .optional()
      .describe('Secret reference to the whole value of the header `Authorization`.'),
    progressSeconds: z
      .int()
      .min(1)
      .max(3_600)
      .optional()
      .describe('Progress of each task as well, at most so often; absent: states alone.'),
  })
  .superRefine(({ url: text, authorization }, context) => {
    if (authorization === undefined || !URL.canParse(text)) return;
    const { protocol, hostname } = new URL(text);
    if (protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return;
    // A secret does not cross a network in the clear.
    const message = 'expected https:// where authorization is sent to another host';
    context.addIssue({ code: 'custom', path: ['url'], message });
  });

/** Where states of changes are posted. */
export type WebhookFile = z.infer<typeof webhookShape>;

function mistakeInUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    return 'expected http:// or https:// and a host';
  if (url.username !== '' || url.password !== '') return 'expected no user and no password in it; use authorization';
  return undefined;
}
