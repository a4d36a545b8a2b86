import { defineConfig } from '@playwright/test';

// The tests that need no browser and no server.
export default defineConfig({ testDir: 'test', workers: 1, reporter: 'line', outputDir: '../../test-results/console-unit' });
