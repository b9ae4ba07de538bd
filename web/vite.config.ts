import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

// The way to another server, for an app that is served from elsewhere; empty: its own.
process.env['ZIKR_WEB_SERVER'] ??= ''

export default defineConfig({
  base: './',
  envPrefix: 'ZIKR_WEB_',
  plugins: [svelte()],
  build: {
    target: ['chrome100', 'firefox100', 'safari15.4'],
    assetsInlineLimit: 0, // the policy of the page lets nothing be written into it
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(['/api', '/socket.io', '/docs'].map((path) => [path, { target: 'http://127.0.0.1:7373', ws: true }])) },
  test: { include: ['test/**/*.test.ts'], environment: 'node', testTimeout: 20_000 },
})
