import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { licences } from './scripts/licences.ts';

// Two builds into one folder: the partner's door must hold no code of the
// console, so the two builds share nothing, not even a chunk. The names of the files
// are hashes of what is in them; nothing in them depends on the time or the
// machine, so that a rebuild is the same byte for byte.
export default defineConfig(({ mode }) => {
  const partner = mode === 'partner';
  return {
    base: '/',
    plugins: [svelte(), licences(partner ? 'licences-partner.txt' : 'licences-console.txt')],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir: process.env.VIGIA_DIST ?? '../dist',
      emptyOutDir: !partner,
      assetsDir: partner ? 'assets/partner' : 'assets/console',
      assetsInlineLimit: 0, // the content security policy allows no data: scripts or fonts
      chunkSizeWarningLimit: 1500,
      modulePreload: { polyfill: false },
      sourcemap: false,
      target: 'es2022',
      rollupOptions: { input: partner ? 'partner.html' : 'index.html' },
    },
    server: { proxy: { '/api': 'http://localhost:8080' } },
  };
});
