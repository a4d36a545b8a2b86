// What moves now, above the map, and how the sources are.
import { expect, test } from '@playwright/test';
import { logIn, onMock, reset } from './people.ts';

test.skip(!onMock, 'the town of the mock has two aircraft and two sources');
test.beforeEach(({ request }) => reset(request));

test('aircraft and vehicles are drawn as they move, and can be switched off', async ({ browser }) => {
  const { page, faults } = await logIn(browser, 'analyst');
  await expect(page.getByText('2 aircraft, 9 vehicles in view')).toBeVisible();
  const canvas = page.locator('canvas.moving');
  const inked = () =>
    canvas.evaluate((c: HTMLCanvasElement) => {
      const copy = document.createElement('canvas');
      [copy.width, copy.height] = [c.width, c.height];
      const own = copy.getContext('2d', { willReadFrequently: true })!;
      own.drawImage(c, 0, 0);
      return own.getImageData(0, 0, c.width, c.height).data.reduce((n, v, i) => n + (i % 4 === 3 && v > 0 ? 1 : 0), 0);
    });
  await expect.poll(inked).toBeGreaterThan(100);
  await page.getByLabel('What moves now').uncheck();
  await expect(page.getByText(/vehicles in view/)).toHaveCount(0);
  await expect.poll(inked).toBe(0);
  expect(faults).toEqual([]);
});

test('the status page tells how each source is', async ({ browser }) => {
  const { page } = await logIn(browser, 'analyst');
  await page.goto('/#/status');
  const row = page.getByRole('row', { name: /gates/ });
  await expect(row).toContainText('broken, tried again');
  await expect(row).toContainText('the broker did not answer within 10s');
  await expect(page.getByRole('row', { name: /uav-1/ })).toContainText('70.5 kB/s');
});
