// What only a mock can be made to do: break the line, change under one's feet.
import { expect, type Page, test } from '@playwright/test';
import { control, credentials, logIn, onMock, reset } from './people.ts';

test.skip(!onMock, 'the server is real: its line cannot be broken from here');
test.beforeEach(({ request }) => reset(request));

test('a broken line is shown, and what happened meanwhile is not missed', async ({ browser }) => {
  const v = await logIn(browser, 'analyst', '/#/map');
  await expect(v.page.getByText('Live', { exact: true })).toBeVisible();
  await expect(v.page.locator('aside .row').first()).toContainText('1.9');

  await control(v, 'site'); // an event, so that there is a last id
  await expect(v.page.locator('aside .row').first()).toContainText('2.4');

  const resumed = v.page.waitForRequest(/\/events\?after=\d+/);
  await v.page.route('**/events*', (route) => setTimeout(() => void route.continue(), 1500), { times: 1 });
  await control(v, 'drop');
  await expect(v.page.getByText('Reconnecting')).toBeVisible();

  const other = await logIn(browser, 'analyst');
  const { id, version } = ((await (await other.page.request.get('/api/v1/sites')).json()) as { id: string; version: number }[])[0]!;
  const raised = await other.page.request.post('/api/v1/leads', { data: { site: id, version }, headers: { 'X-Vigia-CSRF': '1' } });
  expect(raised.status()).toBe(201);

  await resumed;
  await expect(v.page.getByText('Live', { exact: true })).toBeVisible();
  await expect(v.page.locator('aside .row').first()).toContainText('lead raised');
});

test('who raised a lead may not approve it, though the role may', async ({ browser }) => {
  const { page } = await logIn(browser, 'approver');
  await page.locator('aside .row', { hasText: 'Candidate' }).click();
  await page.getByRole('button', { name: 'Raise as a lead' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Raise' }).click();
  await page.locator('.raise a').click();
  const approve = page.getByRole('button', { name: 'Approve' });
  await expect(approve).toHaveAccessibleDescription('You raised this lead: a second person must approve it.');
  await approve.hover();
  await expect(page.getByRole('tooltip', { name: /You raised/ }).or(page.locator('[role=tooltip]', { hasText: 'You raised' })).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Withdraw' })).toHaveAttribute('aria-disabled', 'false');
});

test('a decision on what has changed meanwhile is refused, in the server\'s words', async ({ browser }) => {
  const v = await logIn(browser, 'analyst');
  await v.page.locator('aside .row', { hasText: 'Candidate' }).click();
  await v.page.route('**/api/v1/leads', (route) =>
    route.request().method() === 'POST' ? route.continue({ postData: { ...route.request().postDataJSON(), version: 1 } }) : route.continue(),
  );
  await v.page.getByRole('button', { name: 'Raise as a lead' }).click();
  const dialog = v.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Raise' }).click();
  await expect(dialog.getByRole('alert')).toHaveText('The site is at version 3 and you saw version 1: look at it again.');
});

test('a site is reached and raised with the keyboard alone', async ({ browser }) => {
  const { page } = await logIn(browser, 'analyst');
  await expect(page.locator('.site-mark').first()).toBeVisible();
  const mark = page.getByRole('button', { name: /Site: acetone/ });
  for (let i = 0; i < 60 && !(await mark.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press('Tab');
  await expect(mark).toBeFocused();
  await page.keyboard.press('Enter');
  const raise = page.getByRole('button', { name: 'Raise as a lead' });
  for (let i = 0; i < 20 && !(await raise.evaluate((e) => e === document.activeElement)); i++) await page.keyboard.press('Tab');
  await expect(raise).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox')).toBeFocused();
  await page.keyboard.type('By keyboard.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/raised by analyst-1/)).toBeVisible();
});

test('where there is nothing, the page says what to do', async ({ browser, request }) => {
  await request.post('/mock/empty');
  const { page } = await logIn(browser, 'analyst');
  await expect(page.getByText('No site yet.')).toContainText('vigia ingest');
  await page.getByRole('link', { name: 'Leads' }).click();
  await expect(page.getByText('No lead yet')).toBeVisible();
  const partner = await logIn(browser, 'partner', '/partner', { locale: 'es-ES' });
  await expect(partner.page.getByText('Todavía no hay avisos')).toBeVisible();
});

test('the map draws the sites and the paths', async ({ browser }) => {
  const { page, faults } = await logIn(browser, 'analyst');
  await expect(page.getByRole('button', { name: /Site: acetone, 1.9\skg\/h, candidate/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /Site: ammonia, .*withdrawn/ })).toBeVisible();
  // The ramp's hot end is on the canvas only where the readings are.
  const hot = () => pixels(page, [180, 90, 0], [255, 255, 110]);
  await expect.poll(hot).toBeGreaterThan(50);
  const withPaths = await hot();
  for (const layer of ['Flight paths', 'Buildings', 'Detections', 'Sites']) await page.getByLabel(layer, { exact: true }).uncheck();
  await expect.poll(hot).toBeLessThan(withPaths / 5);
  expect(faults).toEqual([]);
});

test('the basemap is drawn where there is nothing else', async ({ browser, request }) => {
  await request.post('/mock/empty');
  const { page } = await logIn(browser, 'analyst');
  // Land in the dark theme is #18232b; half of the Earth that is in view is enough to see it.
  await expect.poll(() => pixels(page, [20, 31, 39], [28, 39, 47])).toBeGreaterThan(50_000);
});

// pixels counts those of the map within a range of red, green and blue.
async function pixels(page: Page, low: number[], high: number[]): Promise<number> {
  const shot = await page.locator('.maplibregl-canvas').screenshot();
  return page.evaluate(
    async ({ base64, low, high }) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      let n = 0;
      for (let i = 0; i < data.length; i += 4) if (low.every((l, k) => data[i + k]! >= l && data[i + k]! <= high[k]!)) n++;
      return n;
    },
    { base64: shot.toString('base64'), low, high },
  );
}

test('the path of a flight under way grows by itself', async ({ browser }) => {
  const v = await logIn(browser, 'analyst');
  await v.page.locator('aside .row', { hasText: 'Candidate' }).click();
  const chart = v.page.getByRole('img', { name: /Readings of flight survey-02/ });
  await expect(chart).not.toHaveAccessibleName(/highest 9.5/);
  await control(v, 'fly');
  await expect(chart).toHaveAccessibleName(/highest 9.5/);
});

test("the partner's page fits a telephone", async ({ browser }) => {
  const approver = await logIn(browser, 'approver');
  const analyst = await logIn(browser, 'analyst');
  const post = async (v: typeof analyst, path: string, data: object) =>
    (await (await v.page.request.post(`/api/v1${path}`, { data, headers: { 'X-Vigia-CSRF': '1' } })).json()) as { id: string; version: number };
  const { id } = ((await (await analyst.page.request.get('/api/v1/sites')).json()) as { id: string }[])[0]!;
  const lead = await post(analyst, '/leads', { site: id, version: 3 });
  await post(approver, `/leads/${lead.id}/approve`, { version: 1 });
  await post(approver, `/leads/${lead.id}/release`, { version: 2 });
  for (const width of [390, 320]) {
    const { page } = await logIn(browser, 'partner', '/partner', { viewport: { width, height: 800 }, locale: 'es-ES' });
    await expect(page.getByRole('button', { name: 'Acusar recibo' })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${width} px`).toBeLessThanOrEqual(width);
  }
});

test('names and passwords come from the environment for a real server', () => {
  process.env['VIGIA_ANALYST'] = 'someone:with:colons';
  expect(credentials('analyst')).toEqual({ name: 'someone', password: 'with:colons' });
  delete process.env['VIGIA_ANALYST'];
});
