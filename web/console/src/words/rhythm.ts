import type { Rhythm, WeekHour, Words } from '../api/nouns';
import { plural, withUnit } from './numbers';

// sentences are all that is said of a rhythm, what recurs first.
export const sentences = (r: Rhythm): Words[] => [...(r.recurring ?? []), ...(r.together ?? []), ...(r.unusual ?? []), ...(r.loading ?? [])].map((p) => p.sentences);

// hourWords says what one hour of the week was like.
export const hourWords = (day: string, hour: number, h: WeekHour) =>
  h.watched_h === 0 ? `${day} ${hour}:00: not watched` : `${day} ${hour}:00: ${plural(h.visits, 'visit')} in ${withUnit(h.watched_h, 'h', 2)}`;
