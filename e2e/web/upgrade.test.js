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

test('a new version is offered, and comes when the person agrees', async (t) => {
  let version = 1
  const front = await fronted(server, { change: (path, { headers, body }) => {
    if (path === '/sw.js') return { body: `${body}\n// ${version}`.replace(/`zikr-\$\{.*?\}`|"zikr-"\s*\+\s*"\w+"/, `"zikr-test-${version}"`) }
    if (headers['content-type']?.startsWith('text/html')) return { body: `${body}`.replace('<head>', `<head><meta name="test-version" content="${version}">`) }
  } })
  t.after(() => front.close())
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const app = await Page.signedIn(holder.browser, front, ali, { path: `groups/${group.id}/board` })
  const shown = () => app.page.locator('meta[name=test-version]').getAttribute('content')
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.page.reload()
  await app.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  assert.equal(await shown(), '1')
  assert.equal(await app.page.getByText('A new version is here.').count(), 0)

  version = 2
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
  await until(async () => (await shown().catch(() => '')) === '2', 'the new version to be shown')
  await shows(app, 1, 'mine')
  assert.equal(await app.page.getByText('A new version is here.').count(), 0)
  await app.close()
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
