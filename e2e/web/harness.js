// A real browser on the built binary: Debian's Chromium, driven by playwright-core.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { chromium } from 'playwright-core'
import { Person } from '../harness/index.js'
import { executable } from './chromium.js'

export const PASSWORD = 'a good long password'
const args = ['--no-sandbox', '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required']

// useBrowser starts one browser for all tests of a file.
export function useBrowser() {
  const holder = {}
  before(async () => {
    holder.browser = await chromium.launch({ executablePath: executable(), args })
  })
  after(() => holder.browser?.close())
  return holder
}

// launchKept starts a browser with a profile on disk, which a kill -9 does not take away.
export function launchKept(profile) {
  return chromium.launchPersistentContext(profile, { executablePath: executable(), args, viewport: { width: 360, height: 740 }, locale: 'en' })
}

export function newProfile() {
  const folder = mkdtempSync(join(tmpdir(), 'zikr-web-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }
}

// reader makes an account that signs in with a password.
export function reader(server, name = 'Zaynab', surname = 'Karimova') {
  return Person.registered(server, { name, surname, password: PASSWORD })
}

// App is the app in one browser: a person in front of it.
export class Page {
  constructor(page, server) {
    Object.assign(this, { page, server, problems: [] })
    page.on('pageerror', (error) => this.problems.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !ordinary.test(message.text())) this.problems.push(message.text())
    })
  }

  // opened opens the app in a context of its own.
  static async opened(browser, server, { path = '', locale = 'en', width = 360, height = 740, ...options } = {}) {
    const context = await browser.newContext({ locale, viewport: { width, height }, ...options })
    const app = new Page(await context.newPage(), server)
    app.context = context
    await app.page.goto(`${server.url}/${path}`)
    return app
  }

  // signedIn opens the app for a person, without typing.
  static async signedIn(browser, server, person, { path = '', device = {}, ...options } = {}) {
    const app = await Page.opened(browser, server, { ...options, path: 'sign-in' })
    const { id, name, surname, email, phone } = person
    await app.page.evaluate(
      ([session, settings]) => {
        localStorage.setItem('zikr-session', session)
        localStorage.setItem('zikr-device', settings)
      },
      [JSON.stringify({ token: person.token, user: { id, name, surname, email, phone: phone ?? null } }), JSON.stringify(device)],
    )
    await app.page.goto(`${server.url}/${path}`)
    return app
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true })
  }

  async go(path) {
    await this.page.goto(`${this.server.url}/${path}`)
  }

  // live waits until the line is there, and what is shown is what is.
  async live() {
    await this.page.waitForFunction(() => navigator.onLine && !document.querySelector('p.line[role=status]'))
  }

  // close ends the tab, and fails on what a console should never show.
  async close() {
    await this.page.context().close()
    assert.deepEqual(this.problems, [], 'the console')
  }
}

// A request that is refused, or that has no line, is told by the browser too.
const ordinary = /Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|WebSocket connection/

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// accessible fails on what axe finds.
export async function accessible(page, what) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }))
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join('; ')} (${v.nodes[0]?.failureSummary?.split('\n')[1]?.trim()})`)
  assert.deepEqual(found, [], what)
}

// fits fails on a page that is wider than its window.
export async function fits(page, what) {
  const over = await page.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))
  })
  assert.deepEqual(over, [], `${what}: wider than the window`)
}
