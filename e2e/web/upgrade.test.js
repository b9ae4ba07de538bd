// A new version of the app while a tab is open, a worker that fails, a cache that has no room,
// and an app that is served from elsewhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort, until, useServer } from '../harness/index.js'
import { fronted } from './front.js'
import { Page, reader, useBrowser } from './harness.js'

const elsewhere = `http://127.0.0.1:${await freePort()}`
const server = useServer({ env: { ZIKR_CORS_ORIGINS: elsewhere } })
const holder = useBrowser()
const cell = (app, n) => app.page.locator('main ol button').nth(n - 1)
const shows = (app, n, want) => until(async () => (await cell(app, n).getAttribute('data-state')) === want, `juz ${n} to be ${want}`)

// versioned is a front before an app of which the test says the version.
async function versioned(t, change = () => undefined) {
  const now = { version: 1 }
  const front = await fronted(server, { change: (path, answer) => {
    const { headers, body } = answer
    if (path === '/sw.js') return { body: `${body}\n// ${now.version}`.replace(/`zikr-\$\{.*?\}`|"zikr-"\s*\+\s*"\w+"/, `"zikr-test-${now.version}"`) }
    const changed = change(path, answer)
    if (changed || !headers['content-type']?.startsWith('text/html')) return changed
    return { body: `${body}`.replace('<head>', `<head><meta name="test-version" content="${now.version}">`) }
  } })
  t.after(() => front.close())
  return { front, now }
}
const version = (page) => page.locator('meta[name=test-version]').getAttribute('content').catch(() => '')
const looked = (page) => page.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')))

async function controlled(app) {
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.page.reload()
  await app.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
}

test('a new version is offered, and comes when the person agrees', async (t) => {
  const { front, now } = await versioned(t)
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.signedIn(holder.browser, front, ali, { path: `groups/${group.id}/board` })
  const shown = () => version(app.page)
  await controlled(app)
  assert.equal(await shown(), '1')
  assert.equal(await app.page.getByText('A new version is here.').count(), 0)

  now.version = 2
  await app.page.evaluate(() => {
    window.stayed = true
    document.dispatchEvent(new Event('visibilitychange')) // somebody looks at the tab again
  })
  await app.page.getByText('A new version is here.').waitFor()
  await cell(app, 1).click()
  await app.button('I will read it').click()
  await shows(app, 1, 'mine') // nobody is made to
  assert.equal(await app.page.evaluate(() => window.stayed), true)
  assert.equal(await shown(), '1')

  await app.button('Use it').click()
  await until(async () => (await shown()) === '2', 'the new version to be shown')
  await shows(app, 1, 'mine')
  assert.equal(await app.page.getByText('A new version is here.').count(), 0)
  await app.close()
})

test('of two tabs, the second comes to the new version after the first has taken it', async (t) => {
  const { front, now } = await versioned(t)
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, front, ali)
  await controlled(app)
  const other = await app.context.newPage()
  await other.goto(`${front.url}/inbox`)
  await other.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const offered = (page) => page.getByRole('button', { name: 'Use it' })
  now.version = 2
  // The tab asks for the worker 3 s after its first drawing: from then on it hears of new ones.
  await until(async () => (await looked(other), await looked(app.page), (await offered(app.page).count()) + (await offered(other).count()) === 2), 'both to be told')
  await offered(app.page).click()
  await until(async () => (await version(app.page)) === '2', 'the first to be of the new version')
  assert.equal(await version(other), '1') // nobody is made to
  await offered(other).click()
  await until(async () => (await version(other)) === '2', 'the second to be of the new version')
  await app.context.close()
})

test('a page of another version is not kept with this one', async (t) => {
  let old = false
  const { front, now } = await versioned(t, (path, { headers, body }) => {
    if (old && path === '/' && headers['content-type']?.startsWith('text/html')) return { body: `${body}`.replace(/assets\/[\w-]+\.js/, 'assets/entry-of-before.js') }
  })
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, front, ali)
  await controlled(app)
  now.version = 2
  old = true // a node that is still to be replaced
  const became = await app.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const found = new Promise((resolve) => registration.addEventListener('updatefound', () => resolve(registration.installing), { once: true }))
    registration.update().catch(() => undefined)
    const worker = await found
    while (worker.state === 'installing') await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }))
    return worker.state
  })
  assert.equal(became, 'redundant')
  await app.page.reload()
  await app.page.getByRole('heading', { name: 'My groups' }).waitFor()
  old = false
  await until(async () => (await looked(app.page), await app.button('Use it').count()), 'the whole version to be offered')
  await app.context.close()
})

test('a screen whose file is no longer there comes with a new page', async (t) => {
  let gone = false
  const { front } = await versioned(t, (path, { headers }) => {
    if (!/\/assets\/inbox-[\w-]+\.js$/.test(path)) return undefined
    return gone ? { status: 404, headers: {}, body: '' } : { headers: { ...headers, 'cache-control': 'no-store' } }
  })
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, front, ali)
  await controlled(app)
  gone = true // as after a new version, which has put away what the worker kept of the one before
  await app.page.evaluate(async () => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) if (request.url.includes('/assets/inbox-')) await cache.delete(request)
    }
  })
  await app.page.getByRole('link', { name: 'Inbox' }).click()
  await app.button('Try again').waitFor()
  gone = false
  await app.button('Try again').click()
  await app.page.getByRole('heading', { name: 'Inbox' }).waitFor()
  await app.context.close()
})

test('a worker that cannot be installed: the app goes on, and says what that means', async (t) => {
  const front = await fronted(server, { change: (path) => (path === '/sw.js' ? { body: 'throw new Error("broken")' } : undefined) })
  t.after(() => front.close())
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.signedIn(holder.browser, front, ali, { path: `groups/${group.id}/board` })
  await cell(app, 1).click()
  await app.button('I will read it').click()
  await shows(app, 1, 'mine')
  await app.go('account')
  await app.page.getByText('In this browser the app needs a connection to start.').waitFor()
  await app.context.close()
})

test('a device that has no more room shows every file all the same', async () => {
  const ali = await reader(server, 'Ali')
  const circle = await ali.zikrGroup({ body: 'سُبْحَانَ اللَّهِ', goal: 100 })
  const app = await Page.signedIn(holder.browser, server, ali)
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.page.reload()
  await app.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  const cdp = await app.context.newCDPSession(app.page)
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 1 })
  await app.go(`groups/${circle.id}/counter`)
  await app.page.locator('[data-tap]').waitFor()
  // The font of the dhikr is used for the first time here, and cannot be kept.
  await app.page.waitForFunction(() => [...document.fonts].some((f) => f.family.includes('Amiri') && f.status === 'loaded'))
  await app.page.locator('[data-tap]').click()
  await until(async () => (await ali.snapshot(circle)).zikrs[0].totalCount === 1, 'the tap to arrive')
  await app.context.close()
})

test('a worker whose cache is gone asks the server', async () => {
  const ali = await reader(server, 'Ali')
  const app = await Page.signedIn(holder.browser, server, ali)
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.page.evaluate(async () => Promise.all((await caches.keys()).map((key) => caches.delete(key))))
  await app.page.reload()
  await app.page.getByRole('heading', { name: 'My groups' }).waitFor()
  await app.close()
})

test('the app is served from elsewhere, and the server lets its origin in', async (t) => {
  const named = (path, { headers, body }) => {
    if (!headers['content-type']?.startsWith('text/html')) return undefined
    const policy = headers['content-security-policy'].replace("connect-src 'self'", `connect-src ${server.url} ${server.url.replace('http', 'ws')}`)
    return { headers: { ...headers, 'content-security-policy': policy }, body: `${body}`.replace(/(<meta name="zikr-server" content=")[^"]*/, `$1${server.url}`) }
  }
  const front = await fronted(server, { change: named, port: new URL(elsewhere).port })
  t.after(() => front.close())
  assert.equal(front.url, elsewhere)
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, front, ali, { path: `groups/${group.id}/board` })
  const asked = []
  app.page.on('request', (request) => asked.push(request.url()))
  await cell(app, 1).click()
  await app.button('I will read it').click()
  await shows(app, 1, 'mine')
  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '2' })
  await shows(app, 2, 'taken')
  assert.ok(asked.some((url) => url.startsWith(`${server.url}/api/`)), 'the other server was asked')
  await app.close()
})

test('behind a path that a proxy takes away, deep in the app too, and without a line', async (t) => {
  const front = await fronted(server, { prefix: '/mosque' })
  t.after(() => front.close())
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, front, ali, { path: `groups/${group.id}/board` })
  await cell(app, 1).click()
  await app.button('I will read it').click()
  await shows(app, 1, 'mine')
  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '2' })
  await shows(app, 2, 'taken')
  await app.page.getByRole('link', { name: 'Circle' }).click()
  await app.page.waitForURL(`${front.url}/groups/${group.id}/circle`)
  const worker = await app.page.evaluate(async () => (await navigator.serviceWorker.ready).scope)
  assert.equal(worker, `${front.url}/`)
  await app.remembers(ali, group)
  await app.context.setOffline(true)
  await app.go(`groups/${group.id}/board`)
  await shows(app, 1, 'mine')
  await app.context.close()
})
