import { ApiError, onEnded } from '../api/client';
import * as api from '../api/operations';
import type { Credentials, Me } from '../api/nouns';

// Who is logged in. undefined: not asked yet; null: nobody.
class Session {
  me = $state<Me | null | undefined>(undefined);
  failure = $state('');

  async ask(): Promise<void> {
    try {
      this.me = await api.me();
      this.failure = '';
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 401) this.failure = sentence(e);
      this.me = null;
    }
  }

  // A session can end on the server; a line that is refused for any other
  // reason leaves the person where they are.
  async stillThere(): Promise<void> {
    await api.me().catch(() => undefined); // a 401 tells onEnded
  }

  async login(c: Credentials): Promise<void> {
    this.me = await api.login(c);
    this.failure = '';
  }

  async logout(): Promise<void> {
    await api.logout();
    this.me = null;
  }
}

export const session = new Session();

onEnded(() => (session.me = null));

// sentence is what an error says to a person: the server's own words.
export function sentence(e: unknown): string {
  const words = e instanceof Error ? e.message : String(e);
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
