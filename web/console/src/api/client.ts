import type { ErrorBody } from './nouns';

const base = '/api/v1';

// An ApiError is the server's own error, with the sentence it wrote for people.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    const where = [body.file, body.line].filter((x) => x !== undefined).join(':');
    super([where, body.column && `column ${body.column}`, body.message].filter(Boolean).join(': '));
    this.name = 'ApiError';
  }
}

let ended = () => {};

// onEnded says what to do when the server no longer knows the session.
export const onEnded = (f: () => void) => (ended = f);

type Query = Record<string, string | number | undefined>;

function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]]));
  return base + path + (pairs.length ? `?${new URLSearchParams(pairs)}` : '');
}

async function problem(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as ErrorBody;
    if (typeof body.message === 'string') return new ApiError(response.status, body);
  } catch {
    // Not the server's own error: a proxy's page, or a connection cut short.
  }
  return new ApiError(response.status, {
    code: 'unavailable',
    message: `the server answered ${response.status} without saying why`,
  });
}

async function send(path: string, init: RequestInit, query?: Query): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address(path, query), { credentials: 'same-origin', ...init });
  } catch {
    throw new ApiError(0, { code: 'unavailable', message: 'the server cannot be reached; nothing was changed here' });
  }
  if (response.status === 401 && path !== '/login') ended();
  if (!response.ok) throw await problem(response);
  return response;
}

// get reads; T is the schema of the operation's answer.
export async function get<T>(path: string, query?: Query): Promise<T> {
  return (await send(path, { headers: { Accept: 'application/json, application/geo+json' } }, query)).json() as Promise<T>;
}

export async function getText(path: string): Promise<string> {
  return (await send(path, { headers: { Accept: 'text/plain' } })).text();
}

// post changes something. The header is one that another site cannot set.
export async function post<T>(path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'X-Vigia-CSRF': '1', Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const response = await send(path, {
    method: 'POST',
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return (response.status === 204 ? undefined : response.json()) as Promise<T>;
}

export const liveAddress = () => address('/live');
// addressOf is for what is not read here: a player's own requests.
export const addressOf = (path: string, query?: Query) => address(path, query);

export const eventsAddress = (after?: string) => address('/events', { after });
