// Every phrase of the partner's door, in both languages.
import type { Code, OutcomeKind, PartnerLead } from './api';

export type Language = 'es' | 'en';
type Status = PartnerLead['status'];

export interface Words {
  title: string;
  subtitle: string;
  name: string;
  password: string;
  login: string;
  logout: string;
  language: string;
  otherLanguage: string;
  live: string;
  reconnecting: string;
  wrongRole: (name: string, role: string) => string;
  toConsole: string;
  none: string;
  noneMeans: string;
  list: string;
  status: Record<Status, string>;
  area: string;
  within: (length: string) => string;
  centre: string;
  copy: string;
  copied: string;
  chemical: string;
  rate: string;
  seen: string;
  to: string;
  flights: string;
  buildings: string;
  withheld: string;
  noneNamed: string;
  why: string;
  policy: string;
  north: string;
  mapOf: (length: string) => string;
  locator: string;
  acknowledge: string;
  acknowledgeMeans: string;
  note: string;
  outcome: string;
  outcomeMeans: string;
  foundOn: string;
  send: string;
  kinds: Record<OutcomeKind, string>;
  history: string;
  steps: Record<'acknowledge_lead' | 'report_outcome', string>;
  by: string;
  refused: Record<Code, string>;
  localTime: string;
  chooseKind: string;
}

const es: Words = {
  title: 'Avisos recibidos',
  subtitle: 'Lugares en los que se ha observado un vapor desde el aire',
  name: 'Nombre',
  password: 'Contraseña',
  login: 'Entrar',
  logout: 'Salir',
  language: 'Idioma',
  otherLanguage: 'English',
  live: 'En directo',
  reconnecting: 'Reconectando',
  wrongRole: (name, role) => `Ha entrado como ${name} (${role}). Esta página es solo para el país socio.`,
  toConsole: 'Ir a la consola',
  none: 'Todavía no hay avisos',
  noneMeans: 'Cuando se le envíe un aviso aparecerá aquí, sin necesidad de recargar la página.',
  list: 'Avisos',
  status: { released: 'Nuevo: falta acusar recibo', acknowledged: 'Recibido: falta el resultado', closed: 'Cerrado' },
  area: 'Zona',
  within: (length) => `a menos de ${length} del centro, con 95\u00a0%`,
  centre: 'Centro',
  copy: 'Copiar',
  copied: 'Copiado',
  chemical: 'Sustancia',
  rate: 'Emisión',
  seen: 'Observado',
  to: 'a',
  flights: 'Vuelos que coinciden',
  buildings: 'Edificios',
  withheld: 'no se comunica',
  noneNamed: 'no se señala ninguno',
  why: 'Qué se ha omitido o redondeado, y por qué',
  policy: 'Norma aplicada',
  north: 'N',
  mapOf: (length) => `Zona comunicada: un círculo de ${length} de radio`,
  locator: 'Situación de la zona',
  acknowledge: 'Acusar recibo',
  acknowledgeMeans: 'Confirma que el aviso ha llegado a quien corresponde. No obliga a actuar.',
  note: 'Nota (opcional)',
  outcome: 'Comunicar el resultado',
  outcomeMeans: 'Lo que se encontró, o no, ayuda a mejorar los próximos avisos. Con el resultado, el aviso se cierra.',
  foundOn: 'Fecha y hora en que se supo (hora local)',
  send: 'Enviar el resultado',
  kinds: {
    confirmed: 'Confirmado: estaba lo que se comunicó',
    nothing_found: 'No se encontró nada',
    another_cause: 'Otra causa: emitía otra cosa, por ejemplo un taller de pintura o una fuga',
    not_acted_on: 'No se actuó',
  },
  history: 'Pasos dados',
  steps: { acknowledge_lead: 'Recibo acusado', report_outcome: 'Resultado comunicado' },
  by: 'por',
  refused: {
    invalid: 'Falta algo o no es válido.',
    not_found: 'Ese aviso no existe.',
    conflict: 'El aviso ha cambiado entretanto. Vuelva a mirarlo e inténtelo otra vez.',
    forbidden: 'Su función no permite este paso.',
    unauthenticated: 'El nombre o la contraseña no son correctos, o la sesión ha terminado.',
    unavailable: 'No se puede llegar al servidor. No se ha cambiado nada; inténtelo otra vez.',
    internal: 'Error interno del servidor.',
  },
  localTime: 'Hora local',
  chooseKind: 'Elija un resultado.',
};

const en: Words = {
  title: 'Leads received',
  subtitle: 'Places where a vapour has been observed from the air',
  name: 'Name',
  password: 'Password',
  login: 'Log in',
  logout: 'Log out',
  language: 'Language',
  otherLanguage: 'Español',
  live: 'Live',
  reconnecting: 'Reconnecting',
  wrongRole: (name, role) => `You are logged in as ${name} (${role}). This page is for the partner country only.`,
  toConsole: 'Go to the console',
  none: 'No lead yet',
  noneMeans: 'When a lead is released to you it appears here, without reloading the page.',
  list: 'Leads',
  status: { released: 'New: awaits your acknowledgement', acknowledged: 'Acknowledged: awaits the outcome', closed: 'Closed' },
  area: 'Area',
  within: (length) => `within ${length} of the centre, at 95\u00a0%`,
  centre: 'Centre',
  copy: 'Copy',
  copied: 'Copied',
  chemical: 'Substance',
  rate: 'Emission',
  seen: 'Observed',
  to: 'to',
  flights: 'Flights that agree',
  buildings: 'Buildings',
  withheld: 'not shared',
  noneNamed: 'none named',
  why: 'What was withheld or rounded, and why',
  policy: 'Policy applied',
  north: 'N',
  mapOf: (length) => `The released area: a circle of ${length} radius`,
  locator: 'Where the area is',
  acknowledge: 'Acknowledge',
  acknowledgeMeans: 'Confirms that the lead has reached those it is for. It obliges nobody to act.',
  note: 'Note (optional)',
  outcome: 'Report the outcome',
  outcomeMeans: 'What was found, or was not, makes the next leads better. With its outcome the lead is closed.',
  foundOn: 'Date and time it was found out (local time)',
  send: 'Send the outcome',
  kinds: {
    confirmed: 'Confirmed: what was reported was there',
    nothing_found: 'Nothing was found',
    another_cause: 'Another cause: something else emitted, such as a paint shop or a leak',
    not_acted_on: 'Not acted on',
  },
  history: 'Steps taken',
  steps: { acknowledge_lead: 'Acknowledged', report_outcome: 'Outcome reported' },
  by: 'by',
  refused: {
    invalid: 'Something is missing or not valid.',
    not_found: 'There is no such lead.',
    conflict: 'The lead has changed meanwhile. Look at it again and try once more.',
    forbidden: 'Your role may not take this step.',
    unauthenticated: 'The name or the password is wrong, or the session has ended.',
    unavailable: 'The server cannot be reached. Nothing was changed; try again.',
    internal: 'An internal error of the server.',
  },
  localTime: 'Local time',
  chooseKind: 'Choose an outcome.',
};

export const words: Record<Language, Words> = { es, en };

// The chemicals of chemical.go in Spanish; another is written as it came.
const chemicals: Record<string, string> = {
  methane: 'metano',
  ammonia: 'amoníaco',
  acetone: 'acetona',
  '2-butanone': '2-butanona',
  benzene: 'benceno',
  toluene: 'tolueno',
  dichloromethane: 'diclorometano',
  'ethyl acetate': 'acetato de etilo',
  ethanol: 'etanol',
  methanol: 'metanol',
  'isopropyl alcohol': 'alcohol isopropílico',
  'hydrogen chloride': 'cloruro de hidrógeno',
  'sulfur dioxide': 'dióxido de azufre',
  'hydrogen sulfide': 'sulfuro de hidrógeno',
  phosphine: 'fosfina',
  'sulphur hexafluoride': 'hexafluoruro de azufre',
  propane: 'propano',
  'carbon dioxide': 'dióxido de carbono',
  '1,3-butadiene': '1,3-butadieno',
  'acetic acid': 'ácido acético',
  'acetic anhydride': 'anhídrido acético',
  acetylene: 'acetileno',
  butane: 'butano',
  'carbon monoxide': 'monóxido de carbono',
  chlorine: 'cloro',
  chloroform: 'cloroformo',
  cyclohexane: 'ciclohexano',
  'diethyl ether': 'éter etílico',
  ethane: 'etano',
  ethylene: 'etileno',
  formaldehyde: 'formaldehído',
  helium: 'helio',
  hexane: 'hexano',
  hydrogen: 'hidrógeno',
  'hydrogen cyanide': 'cianuro de hidrógeno',
  'hydrogen fluoride': 'fluoruro de hidrógeno',
  isobutane: 'isobutano',
  methylamine: 'metilamina',
  'nitric oxide': 'óxido nítrico',
  'nitrogen dioxide': 'dióxido de nitrógeno',
  'nitrous oxide': 'óxido nitroso',
  pentane: 'pentano',
  propylene: 'propileno',
  styrene: 'estireno',
  tetrahydrofuran: 'tetrahidrofurano',
  'vinyl chloride': 'cloruro de vinilo',
  xylene: 'xileno',
};

export const chemical = (name: string, language: Language) => (language === 'es' ? (chemicals[name] ?? name) : name);

const kept = 'language';

// firstLanguage is the one chosen before, else English for a browser that asks
// for English, else Spanish.
export function firstLanguage(stored: string | null, browser: readonly string[]): Language {
  if (stored === 'es' || stored === 'en') return stored;
  const first = browser.map((l) => l.slice(0, 2)).find((l) => l === 'es' || l === 'en');
  return first === 'en' ? 'en' : 'es';
}

export const readLanguage = () => firstLanguage(localStorage.getItem(kept), navigator.languages);
export const keepLanguage = (l: Language) => localStorage.setItem(kept, l);

const locale = { es: 'es', en: 'en-GB' } as const;

// Numbers and times as each language writes them. Times are UTC.
export function number(x: number, language: Language, digits = 3): string {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: digits }).format(x);
}

// length writes metres, or kilometres from one thousand on. It rounds up: what
// is within a length must stay within it.
export const length = (m: number, language: Language) =>
  m >= 1000 ? `${number(Math.ceil(m / 10 - 1e-9) / 100, language, 6)}\u00a0km` : `${number(Math.ceil(m - 1e-9), language, 6)}\u00a0m`;

export const utc = (iso: string, language: Language) =>
  `${new Intl.DateTimeFormat(locale[language], { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' }).format(new Date(iso))}\u00a0UTC`;

export const local = (iso: string, language: Language) => new Intl.DateTimeFormat(locale[language], { dateStyle: 'full', timeStyle: 'long' }).format(new Date(iso));

export const percent = (p: number, language: Language) => `${number(100 * p, language, 2)}\u00a0%`;
