import { z } from 'zod';

/** What Kubernetes answered: a status, a type, and a body that may be anything. */
export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Of the objects of a list, what the tests look at: https://kubernetes.io/docs/reference/kubernetes-api/ */
const listShape = z.object({
  metadata: z.object({
    resourceVersion: z.string().optional(),
    continue: z.string().optional(),
    remainingItemCount: z.number().optional(),
  }),
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        uid: z.string().optional(),
        ownerReferences: z
          .array(z.object({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
          .optional(),
      }),
      /** Of a pod's metrics. */
      containers: z.array(z.object({ usage: z.object({ cpu: z.string(), memory: z.string() }) })).optional(),
      /** Of a pod. */
      status: z.object({ phase: z.string().optional() }).optional(),
    }),
  ),
});

const statusShape = z.object({
  kind: z.literal('Status'),
  reason: z.string(),
  message: z.string(),
  metadata: z.object({ continue: z.string().optional() }),
});

export type ApiList = z.output<typeof listShape>;
export type ApiObject = ApiList['items'][number];

/** Asks the API server, or a proxy before it, with a bearer token. */
export async function ask(url: string, path: string, token: string, method = 'GET'): Promise<ApiAnswer> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const response = await fetch(`${url}${path}`, { method, headers });
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}

export async function askList(url: string, path: string, token: string): Promise<ApiList> {
  const { status, text } = await ask(url, path, token);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return listShape.parse(JSON.parse(text));
}

/** All pages of a list. */
export async function askPages(url: string, path: string, limit: number, token: string): Promise<readonly ApiList[]> {
  const pages: ApiList[] = [];
  let next = '';
  do {
    const page = await askList(url, `${path}?limit=${limit}${next}`, token);
    pages.push(page);
    next = page.metadata.continue === undefined ? '' : `&continue=${encodeURIComponent(page.metadata.continue)}`;
  } while (next !== '');
  return pages;
}

export function parseStatus({ text }: ApiAnswer): z.output<typeof statusShape> {
  return statusShape.parse(JSON.parse(text));
}
