// The partner's door speaks to the server by itself. Of the console it shares
// the types of the API, which leave no trace in the build, and no code.
import type { components } from '../api/schema';

export type Me = components['schemas']['Me'];
export type PartnerLead = components['schemas']['PartnerLead'];
export type OutcomeKind = components['schemas']['OutcomeKind'];
export type Code = components['schemas']['Error']['code'];

const base = '/api/v1';

// A Refusal is the server's error: its code and its own sentence.
export class Refusal extends Error {
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
  }
}

async function call<T>(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method === 'POST') headers['X-Vigia-CSRF'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(base + path, { method, headers, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal('unavailable', '');
  }
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => ({}))) as T & { code?: Code; message?: string };
  if (!response.ok) throw new Refusal(answer.code ?? 'unavailable', answer.message ?? '');
  return answer;
}

const id = encodeURIComponent;

export const me = () => call<Me>('/me');
export const login = (name: string, password: string) => call<Me>('/login', { name, password });
export const logout = () => call<void>('/logout', undefined, 'POST');
export const leads = () => call<PartnerLead[]>('/partner/leads');
export const acknowledge = (l: PartnerLead, note: string) =>
  call<PartnerLead>(`/partner/leads/${id(l.lead)}/acknowledge`, { version: l.version, note });
export const reportOutcome = (l: PartnerLead, kind: OutcomeKind, note: string, on: string) =>
  call<PartnerLead>(`/partner/leads/${id(l.lead)}/outcome`, { version: l.version, kind, note, on });

// listen calls happened with each lead that changes, and live with whether the
// line holds; opened is called whenever it opens, when the list must be read.
// The browser itself resumes after the last event it has seen.
export function listen(on: { happened: (l: PartnerLead) => void; live: (yes: boolean) => void; opened: () => void }): () => void {
  let source: EventSource;
  let retry: ReturnType<typeof setTimeout>;
  function open() {
    source = new EventSource(`${base}/events`);
    source.onopen = () => {
      on.live(true);
      on.opened();
    };
    source.onerror = () => {
      on.live(false);
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, 5000);
    };
    for (const subject of ['lead.released', 'lead.acknowledged', 'lead.closed']) {
      source.addEventListener(subject, (e) => on.happened(JSON.parse(e.data) as PartnerLead));
    }
  }
  open();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
