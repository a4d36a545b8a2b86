// A flight's video plays in the browser, and the map shows where the picture
// that is watched was on the ground.
import { expect, test } from '@playwright/test';
import { logIn, onMock, reset } from './people.ts';

test.skip(!onMock, 'the town of the mock has a video');
test.beforeEach(({ request }) => reset(request));

test('a video plays, and the map follows it', async ({ browser }) => {
  const v = await logIn(browser, 'analyst', '/#/map');
  await v.page.getByRole('button', { name: 'Video nose' }).click();
  const player = v.page.getByRole('region', { name: 'Video of survey-01' });
  const video = player.locator('video');
  await expect.poll(() => video.evaluate((e: HTMLVideoElement) => e.videoWidth)).toBe(160);
  await expect.poll(() => video.evaluate((e: HTMLVideoElement) => e.currentTime)).toBeGreaterThan(0.5);
  await expect(player.locator('.clock')).toHaveText(/\d\d:\d\d:\d\d UTC/);

  // What is told, and drawn on the map, is where the camera looked at that
  // moment: the mock's flies 30 m to the east each second.
  await video.evaluate((e: HTMLVideoElement) => e.pause());
  const west = async (seconds: number, metres: number) => {
    await video.evaluate((e: HTMLVideoElement, t) => (e.currentTime = t), seconds);
    const lon = 18.2 - metres / (111_320 * Math.cos((24.8 * Math.PI) / 180));
    await expect(player.locator('.where')).toContainText(lon.toFixed(5));
  };
  await west(1, -30);
  await west(3, 30);

  await player.getByRole('button', { name: 'Close the video' }).click();
  await expect(player).toHaveCount(0);
  expect(v.faults).toEqual([]);
});
