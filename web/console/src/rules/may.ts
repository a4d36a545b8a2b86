// Who may do what, and the sentence that says why not. The server decides;
// these rules repeat its own (decision.go, lead.go) so that a button can say
// beforehand what the server would say after.
import type { LeadVerb } from '../api/operations';
import type { DecisionKind, Lead, LeadStatus, Me, Site } from '../api/nouns';

// A Verdict is whether a step may be taken; where not, reason says why.
export type Verdict = { may: true } | { may: false; reason: string };

const yes: Verdict = { may: true };
const no = (reason: string): Verdict => ({ may: false, reason });

const kinds: Record<LeadVerb, DecisionKind> = {
  approve: 'approve_lead',
  decline: 'decline_lead',
  release: 'release_lead',
  withdraw: 'withdraw_lead',
};

const follows: Record<LeadVerb, readonly LeadStatus[]> = {
  approve: ['raised'],
  decline: ['raised'],
  release: ['approved'],
  withdraw: ['raised', 'approved'],
};

const past: Record<LeadVerb, string> = {
  approve: 'approved',
  decline: 'declined',
  release: 'released',
  withdraw: 'withdrawn',
};

const ended: readonly LeadStatus[] = ['declined', 'recalled', 'closed'];

export const raisedBy = (lead: Lead) => lead.steps[0]?.by ?? '';

export const isOpen = (lead: Lead) => !ended.includes(lead.status);

// mayStep tells whether the person may take a step on a lead.
export function mayStep(me: Me, lead: Lead, verb: LeadVerb): Verdict {
  if (!follows[verb].includes(lead.status)) {
    return no(`A lead that is ${lead.status} cannot be ${past[verb]}.`);
  }
  if (!me.may.includes(kinds[verb])) {
    return no(`Your role, ${me.role}, may not ${verb} a lead.`);
  }
  if (verb !== 'withdraw' && raisedBy(lead) === me.name) {
    return no(`You raised this lead: a second person must ${verb} it.`);
  }
  return yes;
}

// mayRaise tells whether the person may raise a lead on a site as it stands.
export function mayRaise(me: Me, site: Site, leads: Iterable<Lead>): Verdict {
  if (!me.may.includes('raise_lead')) return no(`Your role, ${me.role}, may not raise a lead.`);
  if (site.status === 'withdrawn') return no('Later evidence no longer points at this site.');
  for (const lead of leads) {
    if (lead.site.id === site.id && isOpen(lead)) {
      return no(`A lead on this site is under way: ${raisedBy(lead)} raised it, and it is ${lead.status}.`);
    }
  }
  return yes;
}
