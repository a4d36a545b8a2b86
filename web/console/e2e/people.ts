import { type APIRequestContext, type Browser, type BrowserContextOptions, expect, type Page } from '@playwright/test';

// Who logs in: VIGIA_ANALYST=name:password and so on, for a real server; else
// the mock's users.
export type Role = 'analyst' | 'approver' | 'partner' | 'overseer' | 'administrator';

export const onMock = !process.env['VIGIA_URL'];

export function credentials(role: Role): { name: string; password: string } {
  const given = process.env[`VIGIA_${role.toUpperCase()}`];
  if (!given) return { name: `${role}-1`, password: `password of ${role}-1` };
  const colon = given.indexOf(':');
  return { name: given.slice(0, colon), password: given.slice(colon + 1) };
}

// A Visit is a page with everything that went wrong on it.
export interface Visit {
  page: Page;
  name: string;
  faults: string[];
  requests: string[];
}

const expected = /status of 401|status of 403|status of 409|GL Driver Message|net::ERR_/;

// visit opens a page in a browser session of its own.
export async function visit(browser: Browser, path: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const v: Visit = { page, name: '', faults: [], requests: [] };
  page.on('console', (m) => {
    if ((m.type() === 'error' || m.type() === 'warning') && !expected.test(m.text())) v.faults.push(m.text());
  });
  page.on('pageerror', (e) => v.faults.push(e.message));
  page.on('request', (r) => v.requests.push(r.url()));
  await page.goto(path);
  return v;
}

export async function logIn(browser: Browser, role: Role, path = '/', options: BrowserContextOptions = {}): Promise<Visit> {
  const v = await visit(browser, path, options);
  const { name, password } = credentials(role);
  await v.page.locator('input[name=name]').fill(name);
  await v.page.locator('input[name=password]').fill(password);
  await v.page.locator('form button').click();
  await expect(v.page.locator('input[name=password]')).toHaveCount(0);
  v.name = name;
  return v;
}

// reset puts the mock's world back to its beginning; a real one stays as it is.
export async function reset(request: APIRequestContext): Promise<void> {
  if (onMock) await request.post('/mock/reset');
}

// control does to the mock what no user can.
export async function control(v: Visit, action: 'drop' | 'empty' | 'site' | 'fly') {
  await v.page.request.post(`/mock/${action}`);
}
