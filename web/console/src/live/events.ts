import { eventsAddress } from '../api/client';
import type { Detection, Flight, FlightClosed, Lead, Plume, Posterior, Site } from '../api/nouns';

// A Happening is one event of the stream: its subject and its noun.
export type Happening =
  | { subject: 'flight.changed'; data: Flight }
  | { subject: 'flight.closed'; data: FlightClosed }
  | { subject: 'detection.found'; data: Detection }
  | { subject: 'plume.found'; data: Plume }
  | { subject: 'source.located'; data: Posterior }
  | { subject: 'site.changed'; data: Site }
  | { subject: LeadSubject; data: Lead };

const leadSubjects = [
  'lead.raised',
  'lead.approved',
  'lead.declined',
  'lead.released',
  'lead.recalled',
  'lead.acknowledged',
  'lead.closed',
] as const;
export type LeadSubject = (typeof leadSubjects)[number];

const subjects = [
  'flight.changed',
  'flight.closed',
  'detection.found',
  'plume.found',
  'source.located',
  'site.changed',
  ...leadSubjects,
] as const;

export type Liveness = 'connecting' | 'live' | 'reconnecting';

export interface Listener {
  happened(h: Happening): void;
  liveness(l: Liveness): void;
  // opened is called at each connection: at a first one, what is already there
  // must be read now, so that nothing falls between the reading and the stream.
  opened(resumed: boolean): void;
  // refused is called when the server closes the door rather than the line.
  refused(): void;
}

const silenceMs = 40_000; // the server says "alive" every 15 s
const firstRetryMs = 1_000;
const lastRetryMs = 15_000;

// connect listens to the stream until the function it returns is called. It
// resumes after the last event it has seen, across any number of breaks.
export function connect(listener: Listener): () => void {
  let source: EventSource | undefined;
  let lastID: string | undefined;
  let retryMs = firstRetryMs;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(again, silenceMs);
  };

  function again() {
    source?.close();
    clearTimeout(silence);
    clearTimeout(retry);
    if (stopped) return;
    listener.liveness('reconnecting');
    retry = setTimeout(open, retryMs);
    retryMs = Math.min(2 * retryMs, lastRetryMs);
  }

  function open() {
    const stream = new EventSource(eventsAddress(lastID));
    source = stream;
    heard();
    stream.onopen = () => {
      retryMs = firstRetryMs;
      heard();
      listener.liveness('live');
      listener.opened(lastID !== undefined);
    };
    stream.onerror = () => {
      if (stream !== source) return;
      const refused = stream.readyState === EventSource.CLOSED;
      again();
      if (refused) listener.refused();
    };
    stream.addEventListener('alive', heard);
    for (const subject of subjects) {
      stream.addEventListener(subject, (e) => {
        heard();
        if (e.lastEventId) lastID = e.lastEventId;
        listener.happened({ subject, data: JSON.parse(e.data) } as Happening);
      });
    }
  }

  listener.liveness('connecting');
  open();
  return () => {
    stopped = true;
    source?.close();
    clearTimeout(retry);
    clearTimeout(silence);
  };
}
