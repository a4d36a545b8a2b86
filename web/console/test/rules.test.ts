import { expect, test } from '@playwright/test';
import type { Lead, Me, Site } from '../src/api/nouns.ts';
import { mayRaise, mayStep } from '../src/rules/may.ts';

const site: Site = {
  id: 'site-1', chemical: 'acetone', status: 'candidate', version: 3, at: { lon_deg: 0, lat_deg: 0, alt_m: 0 }, rate_kg_h: 1, rate_kg_h_lo: 0.5, rate_kg_h_hi: 2,
  ellipse: { semi_major_m: 1, semi_minor_m: 1, azimuth_deg: 0 }, region90: null, elsewhere: 1, first_seen: '2031-01-01T00:00:00Z', last_seen: '2031-01-01T00:00:00Z', evidence: null,
};
const lead = (status: Lead['status'], by = 'first'): Lead => ({
  id: 'lead-1', status, version: 1, site, steps: [{ decision: 'd', kind: 'raise_lead', by, at: '2031-01-01T00:00:00Z' }],
});
const analyst: Me = { name: 'first', role: 'analyst', may: ['raise_lead', 'withdraw_lead'] };
const approver: Me = { name: 'second', role: 'approver', may: ['raise_lead', 'approve_lead', 'decline_lead', 'release_lead', 'withdraw_lead'] };
const overseer: Me = { name: 'third', role: 'overseer', may: [] };

const steps = [
  { who: approver, lead: lead('raised'), verb: 'approve', reason: undefined },
  { who: approver, lead: lead('raised'), verb: 'decline', reason: undefined },
  { who: approver, lead: lead('approved'), verb: 'release', reason: undefined },
  { who: analyst, lead: lead('raised'), verb: 'withdraw', reason: undefined },
  { who: approver, lead: lead('raised', 'second'), verb: 'withdraw', reason: undefined },
  { who: approver, lead: lead('raised', 'second'), verb: 'approve', reason: 'You raised this lead: a second person must approve it.' },
  { who: approver, lead: lead('approved', 'second'), verb: 'release', reason: 'You raised this lead: a second person must release it.' },
  { who: analyst, lead: lead('raised'), verb: 'approve', reason: 'Your role, analyst, may not approve a lead.' },
  { who: overseer, lead: lead('raised'), verb: 'withdraw', reason: 'Your role, overseer, may not withdraw a lead.' },
  { who: approver, lead: lead('raised'), verb: 'release', reason: 'A lead that is raised cannot be released.' },
  { who: analyst, lead: lead('released'), verb: 'withdraw', reason: 'A lead that is released cannot be withdrawn.' },
] as const;

for (const { who, lead: l, verb, reason } of steps) {
  test(`${who.role} and ${verb} on a ${l.status} lead raised by ${l.steps[0]?.by}: ${reason ?? 'may'}`, () => {
    expect(mayStep(who, l, verb)).toEqual(reason ? { may: false, reason } : { may: true });
  });
}

test('a site is raised once at a time', () => {
  expect(mayRaise(analyst, site, [])).toEqual({ may: true });
  expect(mayRaise(analyst, site, [lead('declined'), lead('closed'), lead('recalled')])).toEqual({ may: true });
  expect(mayRaise(analyst, site, [lead('raised', 'another')])).toEqual({
    may: false,
    reason: 'A lead on this site is under way: another raised it, and it is raised.',
  });
});

test('a site that evidence no longer points at is not raised', () => {
  expect(mayRaise(analyst, { ...site, status: 'withdrawn' }, [])).toMatchObject({ may: false });
});

test('an overseer raises nothing', () => {
  expect(mayRaise(overseer, site, [])).toEqual({ may: false, reason: 'Your role, overseer, may not raise a lead.' });
});
