// What must hold of the pages whoever serves them.
import { expect, test } from '@playwright/test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { logIn, reset } from './people.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const files = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(join(dir, e.name)) : [join(dir, e.name)]));

test.beforeEach(({ request }) => reset(request));

test('nothing is asked of any other machine, and the policy holds', async ({ browser, baseURL }) => {
  for (const [role, path] of [['analyst', '/'], ['partner', '/partner']] as const) {
    const v = await logIn(browser, role, path);
    await v.page.waitForTimeout(1500);
    const elsewhere = v.requests.filter((r) => !r.startsWith(baseURL!) && !r.startsWith('data:'));
    expect(elsewhere).toEqual([]);
    expect(v.faults).toEqual([]); // a breach of the content security policy is an error on the console
    const policy = (await v.page.request.get(path)).headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    // The console may play what its script puts together of a video's segments; nothing else comes from a blob.
    expect(policy.endsWith('; media-src blob:')).toBe(path === '/');
    expect(policy.replace(/; media-src blob:$/, '')).not.toMatch(/unsafe-inline|unsafe-eval|blob:|https?:/);
  }
});

test("the partner's page asks for none of the console's files", async ({ browser }) => {
  const v = await logIn(browser, 'partner', '/partner');
  await v.page.waitForTimeout(500);
  const paths = v.requests.map((r) => new URL(r).pathname);
  expect(paths.filter((p) => p.includes('/assets/console/'))).toEqual([]);
  expect(paths.filter((p) => p.startsWith('/api/')).sort().filter((p, i, all) => p !== all[i - 1])).toEqual(['/api/v1/events', '/api/v1/login', '/api/v1/me', '/api/v1/partner/leads']);
});

test("the partner's code knows no address of the console's API", () => {
  const code = files(join(dist, 'assets/partner')).filter((f) => f.endsWith('.js')).map((f) => readFileSync(f, 'utf8')).join('');
  for (const path of ['/sites', '/posteriors', '/detections', '/flights', '/buildings', '/audit', '/sealed', '/approve', '/release']) {
    expect(code.includes(`${path}\``) || code.includes(`${path}"`) || code.includes(`${path}'`), path).toBe(false);
  }
});

test('the build is small enough and names no other machine', () => {
  const all = files(dist);
  const bytes = all.reduce((sum, f) => sum + statSync(f).size, 0);
  expect(bytes).toBeLessThan(3 * 1024 * 1024);
  for (const f of all.filter((x) => x.endsWith('.html'))) expect(readFileSync(f, 'utf8')).not.toMatch(/https?:\/\//);
});

test('no page speaks of a weapon', async ({ browser }) => {
  const forbidden = /\b(targets?|targeting|engage|engagement|strikes?|weapons?|objetivo|blanco|ataque|atacar)\b/i;
  const console_ = await logIn(browser, 'analyst');
  for (const page of ['map', 'leads', 'status']) {
    await console_.page.goto(`/#/${page}`);
    await console_.page.waitForTimeout(300);
    expect(await console_.page.locator('body').innerText()).not.toMatch(forbidden);
  }
  const partner = await logIn(browser, 'partner', '/partner', { locale: 'es-ES' });
  expect(await partner.page.locator('body').innerText()).not.toMatch(forbidden);
  await partner.page.getByRole('button', { name: 'English' }).click();
  expect(await partner.page.locator('body').innerText()).not.toMatch(forbidden);
});

test('text can be told from its ground in both themes', async ({ browser }) => {
  const { page } = await logIn(browser, 'analyst');
  for (const theme of ['dark', 'light']) {
    const ratios = await page.evaluate(() => {
      const css = getComputedStyle(document.documentElement);
      const rgb = (name: string) => {
        const context = new OffscreenCanvas(1, 1).getContext('2d')!;
        context.fillStyle = css.getPropertyValue(name).trim();
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].map((v) => v / 255);
      };
      // Relative luminance and contrast: WCAG 2.2.
      const luminance = (c: number[]) => c.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i]!, 0);
      const contrast = (a: string, b: string) => {
        const [x = 0, y = 0] = [luminance(rgb(a)), luminance(rgb(b))].sort((p, q) => q - p);
        return (x + 0.05) / (y + 0.05);
      };
      const pairs = [['--text', '--ground'], ['--text', '--surface'], ['--muted', '--ground'], ['--muted', '--surface'], ['--muted', '--raised'], ['--accent', '--surface'], ['--on-accent', '--accent'], ['--bad', '--bad-ground'], ['--warn', '--warn-ground'], ['--good', '--surface'], ['--site', '--surface']];
      return pairs.map(([a = '', b = '']) => [`${a} on ${b}`, contrast(a, b)] as const);
    });
    for (const [pair, ratio] of ratios) expect(ratio, `${pair}, ${theme}`).toBeGreaterThanOrEqual(4.5); // WCAG 2.2, 1.4.3
    await page.getByRole('button', { name: /theme/ }).click();
  }
});
