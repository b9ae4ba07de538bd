// A real browser on the built binary: Debian's Chromium, driven by playwright-core.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { chromium } from 'playwright-core'
import { Person, until } from '../harness/index.js'
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

// crowd makes so many people who are in a group.
export async function crowd(server, group, count) {
  const people = []
  while (people.length < count) {
    const some = Array.from({ length: Math.min(50, count - people.length) }, async (_, i) => {
      const person = await Person.provisioned(server, `Oʻquvchi ${people.length + i + 1}`, 'K')
      await person.post(`/groups/${group.id}/join`)
      return person
    })
    people.push(...(await Promise.all(some)))
  }
  return people
}

// App is the app in one browser: a person in front of it.
export class Page {
  #line // of the document that is shown: what its socket was told; undefined before it has one

  constructor(page, server) {
    Object.assign(this, { server, problems: [] })
    this.#watch(page)
  }

  #watch(page) {
    this.page = page
    page.on('pageerror', (error) => this.problems.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !ordinary.test(message.text())) this.problems.push(message.text())
    })
    page.on('request', (request) => {
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) this.#line = undefined
    })
    page.on('websocket', (socket) => {
      const line = (this.#line = { connected: false, joined: new Set() })
      socket.on('framereceived', ({ payload }) => {
        if (payload.startsWith('40/')) line.connected = true
        const [, groupId] = /^42[^[]*\["joined_group",.*?"groupId":"([^"]+)"/.exec(payload) ?? []
        if (groupId) line.joined.add(groupId)
      })
      socket.on('close', () => (line.connected = false))
    })
  }

  // anew opens the app in another tab, and closes this one.
  async anew(path) {
    await this.page.close()
    this.#watch(await this.context.newPage())
    await this.go(path)
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

  // live waits until the line is there, listens to the group that is open, and nothing is said of it any more.
  async live() {
    await until(() => {
      const [, group] = /\/groups\/([^/]+)/.exec(this.page.url()) ?? []
      return this.#line?.connected && (!group || this.#line.joined.has(group))
    }, 'the line to be there')
    await this.page.waitForFunction(() => !document.querySelector('p.line[role=status]'))
  }

  // remembers waits until the device has kept a group as it is now: that is done at most once a second.
  async remembers(person, group) {
    const { seq } = await person.snapshot(group)
    await until(async () => (await this.kept(person, 'seen', `group-${group.id}`))?.value.seq >= seq, 'the group to be kept on the device')
  }

  // kept reads what the device keeps for a person: one value of a store, or all.
  kept(person, store, key) {
    return this.page.evaluate(async ([user, name, one]) => {
      const answer = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }))
      const db = await answer(indexedDB.open(`zikr-${user}`))
      const rows = db.transaction(name).objectStore(name)
      const value = await answer(one === null ? rows.getAll() : rows.get(one))
      db.close()
      return value
    }, [person.id, store, key ?? null])
  }

  // close ends the tab, and fails on what a console should never show.
  async close() {
    await this.page.context().close()
    assert.deepEqual(this.problems, [], 'the console')
  }
}

// A request that is refused, or that has no line, is told by the browser too.
const ordinary = /Failed to load resource|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|WebSocket connection|error occurred when fetching the script/

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
