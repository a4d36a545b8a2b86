import { liveAddress } from '../api/client';
import type { Moving } from '../api/nouns';

const retryMs = 5_000;

// watch hands over the picture of what moves, each as it comes, until the
// function it returns is called. Pictures are whole: after a break there is
// nothing to catch up with.
export function watch(seen: (m: Moving) => void): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  function open() {
    const stream = new EventSource(liveAddress());
    source = stream;
    stream.addEventListener('moving', (e) => seen(JSON.parse(e.data) as Moving));
    stream.onerror = () => {
      if (stopped || stream.readyState !== EventSource.CLOSED) return; // it tries again by itself
      clearTimeout(retry);
      retry = setTimeout(open, retryMs);
    };
  }

  open();
  return () => {
    stopped = true;
    source?.close();
    clearTimeout(retry);
  };
}
