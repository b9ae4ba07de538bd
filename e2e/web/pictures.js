// Makes pictures of the app, to look at and for the documentation:
//   node web/pictures.js docs             the few that docs/ shows
//   node web/pictures.js all FOLDER       the main screens in six languages, three widths, two themes
//   node web/pictures.js stored           those that pictures.test.js compares with: look at each before you commit it
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { Server } from '../harness/index.js'
import { executable } from './chromium.js'
import { Page } from './harness.js'
import { languages, screens, shown, street } from './street.js'
import { store } from './stored.js'

const [what, folder] = process.argv.slice(2)
const docs = resolve(import.meta.dirname, '../../docs/pictures')

async function take(browser, server, { me }, { path, language, theme, width, file, act, whole = false }) {
  const height = width < 600 ? 740 : 800
  const options = { path, width, height, colorScheme: theme, device: { language, theme }, reducedMotion: 'reduce' }
  const app = await Page.signedIn(browser, server, me, options)
  await shown(app)
  await act?.(app)
  await app.page.screenshot({ path: file, fullPage: whole })
  await app.context.close()
}

async function taps(app) {
  for (let i = 0; i < 33; i++) await app.page.locator('[data-tap]').click()
  await app.page.waitForTimeout(1500)
}
const openPora = (n) => async (app) => {
  await app.page.locator('main ol button').nth(n - 1).click()
  await app.page.waitForTimeout(300)
}

const server = new Server()
await server.start()
const browser = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox'] })
try {
  if (what === 'docs') await forDocs()
  else if (what === 'stored') await store(browser, server)
  else await everything(folder)
} finally {
  await browser.close()
  await server.stop()
}

async function forDocs() {
  mkdirSync(docs, { recursive: true })
  const place = await street(server, 'en')
  const one = (name, path, options) => take(browser, server, place, { path, language: 'en', theme: 'light', width: 360, file: join(docs, `${name}.png`), ...options })
  await one('board', `groups/${place.hatm.id}/board`, { width: 1280 })
  await one('board-phone', `groups/${place.hatm.id}/board`)
  await one('pora', `groups/${place.hatm.id}/board`, { act: openPora(23) })
  await one('counter', `groups/${place.circle.id}/counter`, { act: taps })
  await one('circle', `groups/${place.hatm.id}/circle`)
}

async function everything(into) {
  mkdirSync(into, { recursive: true })
  for (const language of languages) {
    const place = await street(server, language)
    const places = screens(place)
    for (const [name, path] of Object.entries(places)) {
      for (const [width, theme] of [[320, 'light'], [360, 'dark'], [1280, 'light']]) {
        const file = join(into, `${name}-${language}-${theme}-${width}.png`)
        await take(browser, server, place, { path, language, theme, width, file, whole: width !== 1280 })
      }
    }
    await take(browser, server, place, { path: places.board, language, theme: 'light', width: 360, file: join(into, `pora-${language}.png`), act: openPora(9) })
  }
}
