// A lead's whole way, as the people on it see it. It runs on the mock, and on
// a real server that has at least one candidate site without a lead.
import { type Browser, expect, test } from '@playwright/test';
import { logIn, reset } from './people.ts';

test.beforeEach(({ request }) => reset(request));

test('from the evidence to the partner and back', async ({ browser }) => {
  const analyst = await logIn(browser, 'analyst');
  const approver = await logIn(browser, 'approver');
  const partner = await logIn(browser, 'partner', '/partner', { locale: 'es-ES' });
  const released = partner.page.locator('article .status.released');
  const before = await released.count();

  await test.step('the analyst opens a site and reads its evidence', async () => {
    const site = analyst.page.locator('aside .row:not(.withdrawn)', { hasText: 'Candidate' }).filter({ hasNotText: 'lead' }).first();
    await site.click();
    const panel = analyst.page.getByLabel('Evidence of the site');
    await expect(panel.getByText(/kg\/h/).first()).toBeVisible();
    await expect(panel.getByText(/95\s%: .+ to .+\skg\/h/)).toBeVisible();
    await expect(panel.getByText(/90\s% within/)).toBeVisible();
    await expect(panel.locator('dl')).toContainText(/Seen\s*[\d-]+ [\d:]+ UTC( to)?/);
    await expect(panel.locator('dl')).not.toContainText('UTCto');
    await expect(panel.getByRole('heading', { name: 'Which building' })).toBeVisible();
    await expect(panel.locator('article')).not.toHaveCount(0);
    await expect(panel.locator('figure canvas').first()).toBeVisible();
  });

  await test.step('and asks what to fly next, which decides nothing', async () => {
    const panel = analyst.page.getByLabel('Evidence of the site');
    await panel.getByLabel(/Wind forecast from/).fill('240');
    await panel.getByRole('button', { name: 'Propose' }).click();
    await expect(panel.getByText(/\d+ buildings? now; .+ expected after it/)).toBeVisible();
    await expect(panel.getByText(/lines .+ apart/)).toBeVisible();
  });

  await test.step('and raises it with a note', async () => {
    await analyst.page.getByRole('button', { name: 'Raise as a lead' }).click();
    const dialog = analyst.page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('The readings and the wind agree on this place.');
    await dialog.getByRole('button', { name: 'Raise' }).click();
    await expect(dialog).toHaveCount(0);
    await analyst.page.locator('.raise a').last().click();
    await expect(analyst.page.getByText('Raised, awaits a second person').last()).toBeVisible();
  });

  await test.step('who may not approve it, and is told why', async () => {
    const approve = analyst.page.getByRole('button', { name: 'Approve' });
    await expect(approve).toHaveAttribute('aria-disabled', 'true');
    await expect(approve).toHaveAccessibleDescription(/Your role, analyst, may not approve a lead|a second person must approve it/);
    await approve.click({ force: true });
    await expect(analyst.page.getByRole('dialog')).toHaveCount(0);
  });

  await test.step('the second person sees it without reloading, and approves', async () => {
    await approver.page.getByRole('link', { name: /Leads/ }).click();
    await approver.page.locator('.shelf', { hasText: 'Raised, awaits' }).getByRole('link').first().click();
    await expect(approver.page.getByText('The readings and the wind agree on this place.')).toBeVisible();
    await approver.page.getByRole('button', { name: 'Approve' }).click();
    await approver.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await expect(approver.page.getByText('Approved, awaits release').last()).toBeVisible();
    await expect(analyst.page.getByText('Approved, awaits release').last()).toBeVisible();
  });

  await test.step('and releases; the partner sees its copy without reloading', async () => {
    await expect(released).toHaveCount(before);
    await approver.page.getByRole('button', { name: 'Release' }).click();
    await approver.page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
    await expect(approver.page.getByRole('heading', { name: "The partner's copy" })).toBeVisible();
    await expect(released).toHaveCount(before + 1);
  });

  await test.step('the partner acknowledges, in Spanish', async () => {
    const card = partner.page.locator('article', { has: partner.page.locator('.status.released') }).first();
    await expect(card.locator('.text')).not.toBeEmpty();
    await expect(card.getByRole('img', { name: /Zona comunicada/ })).toBeVisible();
    await card.getByRole('textbox').fill('Recibido por la guardia.');
    await card.getByRole('button', { name: 'Acusar recibo' }).click();
    await expect(released).toHaveCount(before);
    await expect(analyst.page.getByText('Acknowledged, awaits the outcome').last()).toBeVisible();
    await expect(analyst.page.getByText('Recibido por la guardia.')).toBeVisible();
  });

  await test.step('and reports the outcome, in English; the circle is closed', async () => {
    await partner.page.getByRole('button', { name: 'English' }).click();
    const card = partner.page.locator('article', { hasText: 'Recibido por la guardia.' }).first();
    await card.getByLabel('Another cause', { exact: false }).check();
    await card.getByRole('button', { name: 'Send the outcome' }).click();
    await expect(card.getByText('Closed')).toBeVisible();
    await expect(analyst.page.getByText('Something else emitted')).toBeVisible();
  });

  for (const v of [analyst, approver, partner]) expect(v.faults, `faults on the page of ${v.name}`).toEqual([]);
});

test('a wrong password gets the server\'s sentence and no page', async ({ page }) => {
  for (const [path, words] of [['/', /password/i], ['/partner', /contraseña|password/i]] as const) {
    await page.goto(path);
    await page.locator('input[name=name]').fill('nobody-here');
    await page.locator('input[name=password]').fill('not the password');
    await page.locator('form button').click();
    await expect(page.getByRole('alert')).toContainText(words);
    await expect(page.locator('input[name=password]')).toHaveValue('');
  }
});

test('each page is only for its roles', async ({ browser }: { browser: Browser }) => {
  const astray = await logIn(browser, 'analyst', '/partner', { locale: 'en' });
  await expect(astray.page.getByText('for the partner country only')).toBeVisible();
  const partner = await logIn(browser, 'partner', '/partner');
  await partner.page.goto('/');
  await expect(partner.page.getByText('This page is not for your role')).toBeVisible();
  const denied = await partner.page.request.get('/api/v1/sites');
  expect(denied.status()).toBe(403);
});

test('logging out closes the page', async ({ browser }) => {
  const { page } = await logIn(browser, 'analyst');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.locator('input[name=password]')).toBeVisible();
  expect((await page.request.get('/api/v1/sites')).status()).toBe(401);
});

test('the status page shows the walk, what was sealed and the checkpoint', async ({ browser }) => {
  const { page, faults } = await logIn(browser, 'overseer', '/#/status');
  await expect(page.getByRole('heading', { name: 'Steps of the walk' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Sealed' })).toBeVisible();
  await expect(page.locator('pre')).toContainText('—'); // a signed note's signature line begins with a dash
  expect(faults).toEqual([]);
});
