// How late the map is: for each packet of each aircraft, the time from the
// sensor's clock to the drawing of a picture that knows of it. A browser of its
// own looks at a running server:
//
//   VIGIA_URL=… VIGIA_ANALYST=name:password node e2e/latency.mjs SECONDS HZ
//
// It prints one line of JSON: the lateness once the page stands, for SECONDS, and
// apart from it that of the first seconds, in which the page still loads its map.
// The server's clock and the browser's must agree.
import { chromium } from '@playwright/test';

const [seconds, hertz] = process.argv.slice(2).map(Number);
const given = process.env['VIGIA_ANALYST'];
const [name, password] = [given.slice(0, given.indexOf(':')), given.slice(given.indexOf(':') + 1)];

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-unsafe-swiftshader'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto(process.env['VIGIA_URL']);
await page.locator('input[name=name]').fill(name);
await page.locator('input[name=password]').fill(password);
await page.locator('form button').click();
await page.locator('canvas.moving').waitFor({ state: 'attached', timeout: 60_000 });
await page.getByText(/vehicles in view/).waitFor({ timeout: 60_000 });

const openingMs = 3_000;
const drawn = await page.evaluate(
  ([ms]) =>
    new Promise((resolve) => {
      const all = [];
      const last = new Map();
      document.querySelector('canvas.moving').addEventListener('drawn', (e) => {
        const now = Date.now();
        for (const a of e.detail.aircraft ?? []) {
          const time = Date.parse(a.time);
          const before = last.get(a.sensor);
          if (time !== before) all.push([now, time, before ?? time]);
          last.set(a.sensor, time);
        }
      });
      setTimeout(() => resolve({ all, aircraft: last.size }), ms);
    }),
  [openingMs + seconds * 1000],
);
await browser.close();

// A picture that comes after two packets shows both: each has its own lateness.
const opening = [];
const standing = [];
const begun = drawn.all[0]?.[0] ?? 0;
for (const [now, time, before] of drawn.all) {
  const period = 1000 / hertz;
  const lags = now - begun < openingMs ? opening : standing;
  for (let t = time; t > before + period / 2 || t === time; t -= period) lags.push(now - t);
}

function told(lags) {
  lags.sort((a, b) => a - b);
  const at = (p) => Math.round(lags[Math.min(lags.length - 1, Math.floor(p * lags.length))]);
  return { packets: lags.length, p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1) };
}
console.log(JSON.stringify({ aircraft: drawn.aircraft, ...told(standing), opening: told(opening) }));
