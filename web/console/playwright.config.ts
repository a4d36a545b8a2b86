import { defineConfig } from '@playwright/test';

// VIGIA_URL points the browser's tests at a real server; else a mock is started.
const url = process.env['VIGIA_URL'];
const mock = 'http://localhost:8099';

export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  retries: 0,
  reporter: 'line',
  outputDir: '../../test-results/console',
  timeout: 60_000,
  expect: { timeout: Number(process.env['VIGIA_WAIT'] ?? 10) * 1000 },
  use: {
    baseURL: url ?? mock,
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-unsafe-swiftshader'],
    },
  },
  webServer: url ? undefined : { command: 'node e2e/mock.mjs', url: mock, reuseExistingServer: false, env: { PORT: '8099' } },
});
