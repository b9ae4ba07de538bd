import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import type { TestProjectInlineConfiguration } from 'vitest/config'
import { defineConfig } from 'vitest/config'
import { executable } from '../e2e/web/chromium.js'

// The way to another server, for an app that is served from elsewhere; empty: its own.
process.env['ZIKR_WEB_SERVER'] ??= ''

// Core is tested in Node; what has a face, in the browser of this machine, where there is one.
const chromium = executable()
const unit: TestProjectInlineConfiguration = {
  extends: true,
  test: { name: 'unit', include: ['test/*.test.ts'], environment: 'node', testTimeout: 20_000 },
}
const browser: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'browser',
    include: ['test/parts/*.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath: chromium ?? '', args: ['--no-sandbox'] } }),
      instances: [{ browser: 'chromium' }],
    },
  },
}
if (!chromium && process.env['VITEST']) console.warn('the components are not tested: Chromium is not installed')

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
    manifest: 'manifest.json', // read by scripts/build.js
    rolldownOptions: {
      output: {
        // What is needed together is one file: on a slow line each more waits its turn.
        codeSplitting: {
          groups: [
            { name: 'core', test: /src\/main\.ts$/, priority: 4 },
            { name: 'page', test: /src\/(parts\/(page|problem|language)|state\/doing)\.svelte(\.ts)?$/, priority: 3 },
            { name: 'home', test: /src\/state\/home\.svelte\.ts$/, priority: 2 },
            { name: 'group', test: /src\/(parts\/(in-group|today|people|ring|ask)|state\/catalogue)\.svelte(\.ts)?$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(['/api', '/socket.io', '/docs'].map((path) => [path, { target: 'http://127.0.0.1:7373', ws: true }])) },
  test: { projects: chromium ? [unit, browser] : [unit] },
})
