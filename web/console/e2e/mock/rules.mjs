// The steps of a lead as the server has them (lead.go, decision.go).
import { hash } from './world.mjs';

export const may = {
  analyst: ['register_flight', 'end_flight', 'raise_lead', 'withdraw_lead'],
  approver: ['raise_lead', 'approve_lead', 'decline_lead', 'release_lead', 'withdraw_lead'],
  partner: ['acknowledge_lead', 'report_outcome'],
  overseer: [],
  administrator: ['grant_authorisation', 'register_flight', 'end_flight'],
  feeder: ['register_flight', 'end_flight'],
};

export const follows = {
  approve: { kind: 'approve_lead', from: ['raised'], to: 'approved', second: true },
  decline: { kind: 'decline_lead', from: ['raised'], to: 'declined', second: true },
  release: { kind: 'release_lead', from: ['approved'], to: 'released', second: true },
  withdraw: { kind: 'withdraw_lead', from: ['raised', 'approved'], to: 'recalled' },
  acknowledge: { kind: 'acknowledge_lead', from: ['released'], to: 'acknowledged' },
  outcome: { kind: 'report_outcome', from: ['acknowledged'], to: 'closed' },
};

export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let decisions = 0;

const step = (kind, user, note) => ({
  decision: hash('decision', ++decisions), kind, by: user.name, at: new Date().toISOString(), ...(note ? { note } : {}),
});

export function raise(world, user, { site: id, version, note }) {
  const site = world.sites.find((s) => s.id === id);
  if (!site) throw new Refusal(404, 'not_found', `there is no site ${id}`);
  if (site.version !== version) throw new Refusal(409, 'conflict', `the site is at version ${site.version} and you saw version ${version}: look at it again`);
  const lead = { id: hash('lead', world.leads.length + 1), status: 'raised', version: 1, site, steps: [step('raise_lead', user, note)] };
  world.leads.unshift(lead);
  return lead;
}

export function take(world, user, id, verb, body) {
  const rule = follows[verb];
  const lead = world.leads.find((l) => l.id === id);
  if (!lead) throw new Refusal(404, 'not_found', `there is no lead ${id}`);
  if (!may[user.role].includes(rule.kind)) throw new Refusal(403, 'forbidden', `the role ${user.role} may not ${rule.kind}`);
  if (!rule.from.includes(lead.status)) throw new Refusal(409, 'conflict', `a lead that is ${lead.status} cannot be ${rule.to}`);
  if (lead.version !== body.version) throw new Refusal(409, 'conflict', `the lead is at version ${lead.version} and the decision was made on version ${body.version}: look at it again`);
  if (rule.second && lead.steps[0].by === user.name) throw new Refusal(403, 'forbidden', `${user.name} raised this lead; a second person must ${verb} it`);
  const after = { ...lead, status: rule.to, version: lead.version + 1, steps: [...lead.steps, step(rule.kind, user, body.note)] };
  if (verb === 'release') after.release = cut(lead);
  if (verb === 'outcome') after.outcome = { kind: body.kind, on: body.on, ...(body.note ? { note: body.note } : {}) };
  world.leads[world.leads.indexOf(lead)] = after;
  return after;
}

// cut is the partner's copy, as a policy might have it.
function cut(lead) {
  const { site } = lead;
  const precision_m = 50;
  const at = { lon_deg: Math.round(site.at.lon_deg * 1e4) / 1e4, lat_deg: Math.round(site.at.lat_deg * 1e4) / 1e4, alt_m: 0 };
  return {
    id: hash('release', 1), lead: lead.id, chemical: site.chemical, at, precision_m, first_seen: site.first_seen, last_seen: site.last_seen, flights: 2, rate_kg_h: site.rate_kg_h,
    policy: 'mock 1', reasons: {
      es: ['El lugar se ha desplazado a una cuadrícula de 50\u00a0m.', 'Los edificios no se comunican.'],
      en: ['The place is moved to a grid of 50\u00a0m.', 'The buildings are withheld.'],
    },
    text: {
      es: `Se ha observado vapor de acetona en dos vuelos. El origen está, con una probabilidad del 95\u00a0%, a menos de ${precision_m}\u00a0m del centro indicado. Es una observación desde el aire y no una prueba: la acetona tiene usos legales.`,
      en: `Acetone vapour has been observed on two flights. Its origin is, with a probability of 95\u00a0%, within ${precision_m}\u00a0m of the centre given. This is an observation from the air and no proof: acetone has lawful uses.`,
    },
  };
}

export const forPartner = (lead) => ({
  lead: lead.id, status: lead.status, version: lead.version, release: lead.release,
  steps: lead.steps.filter((s) => s.kind === 'acknowledge_lead' || s.kind === 'report_outcome'),
  ...(lead.outcome ? { outcome: lead.outcome } : {}),
});
