import { expect, test } from '@playwright/test';
import { nearest } from '../src/rules/video.ts';

const at = { lon_deg: 0, lat_deg: 0, alt_m: 0 };
const views = [0, 200, 400, 3000].map((ms) => ({ time: new Date(ms).toISOString(), at }));

for (const [ms, want] of [[-100, 0], [0, 0], [90, 0], [110, 200], [399, 400], [1300, 400], [1500, undefined], [2500, 3000], [4001, undefined]] as const) {
  test(`at ${ms} ms the picture is of ${want ?? 'nowhere known'}`, () => {
    const view = nearest(views, ms);
    expect(view && Date.parse(view.time)).toBe(want);
  });
}

test('without metadata there is none', () => expect(nearest([], 5)).toBeUndefined());
