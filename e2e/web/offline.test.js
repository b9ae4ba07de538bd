// Without a line: what was seen last is there and says from when, nothing waits for ever,
// and when the line is back the app is too.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { Page, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()

// kept waits until the worker and the shadow have all that a start without a line needs.
async function kept(app) {
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.page.reload()
  await app.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
}

test('the app starts without a line, says so, and is back with it', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
  const cell = (n) => app.page.locator('main ol button').nth(n - 1)
  await cell(1).waitFor()
  await kept(app)
  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '2' })
  await until(async () => (await cell(2).getAttribute('data-state')) === 'taken', 'the board to be live')
  await app.remembers(ali, group)

  await app.context.setOffline(true)
  await app.anew(`groups/${group.id}/board`)
  await cell(1).waitFor()
  assert.equal(await cell(2).getAttribute('data-state'), 'taken')
  await app.page.getByText(/No connection\. You see what was there/).waitFor()
  await cell(3).click()
  await app.button('I will read it').click()
  await app.page.getByText('There is no connection. Please try again when it is back.').waitFor()

  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '4' })
  await app.context.setOffline(false)
  const began = Date.now()
  await until(async () => (await cell(4).getAttribute('data-state')) === 'taken', 'what was missed to be seen')
  assert.ok(Date.now() - began < 3000, `it took ${Date.now() - began} ms`)
  await app.page.getByText(/No connection/).waitFor({ state: 'hidden' })
  await app.context.close()
})

test('a server that ends and comes back is met again, with what happened meanwhile', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await ali.quranGroup(zarina)
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/board` })
  const cell = (n) => app.page.locator('main ol button').nth(n - 1)
  await cell(1).waitFor()
  await server.restart()
  await zarina.post(`/groups/${group.id}/bookings`, { poraId: '6' })
  await until(async () => (await cell(6).getAttribute('data-state')) === 'taken', 'the board to be live again', 20_000)
  await app.close()
})

test('a browser that keeps nothing is told so, and counts all the same', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.zikrGroup({ goal: 100 })
  const context = await holder.browser.newContext({ locale: 'en' })
  await context.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { value: { open: () => { throw new DOMException('forbidden', 'SecurityError') }, deleteDatabase: () => { throw new DOMException('forbidden', 'SecurityError') } } })
  })
  const app = new Page(await context.newPage(), server)
  await app.page.goto(`${server.url}/sign-in`)
  await app.page.evaluate((s) => localStorage.setItem('zikr-session', s), JSON.stringify({ token: ali.token, user: { id: ali.id, name: 'Ali', surname: 'K', email: ali.email, phone: null } }))
  await app.go(`groups/${group.id}/counter`)
  await app.page.getByText('This browser lets the app keep nothing').waitFor()
  await app.page.locator('[data-tap]').click()
  await until(async () => (await app.page.locator('[data-tap] [data-count]').getAttribute('data-count')) === '1', 'the tap to be shown')
  assert.equal((await ali.snapshot(group)).zikrs[0].totalCount, 1)
  await app.close()
})

test('the page runs under its own policy', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.quranGroup()
  const context = await holder.browser.newContext({ locale: 'en' })
  const page = await context.newPage()
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', (e) => window.violations.push(`${e.violatedDirective}: ${e.blockedURI} ${e.sample}`))
  })
  await page.goto(`${server.url}/sign-in`)
  await page.getByLabel('E-mail or phone', { exact: true }).fill(ali.email)
  await page.getByLabel('Password').fill(ali.password)
  await page.keyboard.press('Enter')
  await page.getByText(group.name).click()
  await page.locator('main ol button').first().click()
  await page.getByRole('dialog').waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready)
  assert.deepEqual(await page.evaluate(() => window.violations), [])
  await assert.rejects(page.evaluate(() => document.body.append(Object.assign(document.createElement('div'), { innerHTML: '<b>x</b>' }))), /TrustedHTML/)
  await context.close()
})
