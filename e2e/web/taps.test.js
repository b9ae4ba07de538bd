// 500 taps, and everything that can go wrong on the way: the server has exactly what was shown.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { until, useServer } from '../harness/index.js'
import { launchKept, newProfile, Page, PASSWORD, reader, useBrowser } from './harness.js'

const server = useServer({})
const holder = useBrowser()
const GOAL = 500

// killed ends every process of the browser that has this profile, as a power cut would.
function killed(profile) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let line = ''
    try {
      line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    } catch {
      continue // it has ended meanwhile
    }
    if (line.includes(profile)) process.kill(Number(pid), 'SIGKILL')
  }
}

class Counter {
  constructor(page) {
    this.page = page
  }
  shown() {
    return this.page.locator('[data-tap] [data-count]').getAttribute('data-count').then(Number)
  }
  async ready() {
    await this.page.locator('[data-tap]').waitFor({ timeout: 20_000 })
  }
  // tap taps many times, and waits until the last is shown.
  async tap(times) {
    const before = await this.shown()
    await this.hurl(times)
    await until(async () => (await this.shown()) >= before + times, `${times} taps more than ${before} to be shown`)
  }
  // unsent keeps what is tapped from being sealed and sent, until what it returns is called.
  async unsent(person) {
    await this.page.evaluate((lock) => new Promise((held) => {
      void navigator.locks.request(lock, () => (held(), new Promise((release) => (window.release = release))))
    }), `zikr-send-${person.id}`)
    return () => this.page.evaluate(() => window.release())
  }
  // hurl taps without waiting for anything.
  hurl(times) {
    return this.page.evaluate((n) => {
      for (let i = 0; i < n; i++) document.querySelector('[data-tap]').click()
    }, times)
  }
}

test('500 taps through crashes of tabs, of the browser and of the server, and without a line', async (t) => {
  const ali = await reader(server, 'Ali')
  const group = await ali.zikrGroup({ goal: 1000 })
  const profile = newProfile()
  t.after(() => {
    killed(profile.folder)
    profile.remove()
  })
  const path = `${server.url}/groups/${group.id}/counter`
  let context = await launchKept(profile.folder)
  const total = async () => (await ali.snapshot(group)).zikrs[0].totalCount

  async function opened() {
    const page = await context.newPage()
    await page.goto(path)
    const form = page.locator('form input')
    await page.locator('[data-tap], form').first().waitFor({ timeout: 20_000 })
    if ((await form.count()) > 0) {
      await form.nth(0).fill(ali.email)
      await form.nth(1).fill(PASSWORD)
      await page.keyboard.press('Enter')
      await form.first().waitFor({ state: 'detached' })
      await page.goto(path)
    }
    const counter = new Counter(page)
    await counter.ready()
    return counter
  }

  // remembered waits until a tab that was opened anew shows at least what was shown before.
  async function remembered(counter, before) {
    await until(async () => (await counter.shown()) >= before, `the ${before} of before to be shown`)
    return counter.shown()
  }

  let one = await opened()
  let two = await opened()
  await one.tap(40)
  await until(async () => (await two.shown()) === 40, 'the second tab to show what the first counted')
  await two.tap(40) // a second tab goes on from the first
  assert.equal(await two.shown(), 80)

  await context.setOffline(true)
  await Promise.all([one.hurl(30), two.hurl(30)])
  await until(async () => (await one.shown()) === 140 && (await two.shown()) === 140, 'both tabs to show what both counted')
  await context.setOffline(false)
  await until(async () => (await total()) === 140, 'what was counted without a line to arrive')

  await server.kill()
  await one.tap(60)
  await server.start()
  await until(async () => (await total()) === 200, 'what was counted without a server to arrive', 30_000)

  let least = 200
  for (let crash = 0; crash < 3; crash++) {
    await one.hurl(20)
    const cdp = await context.newCDPSession(one.page)
    cdp.send('Page.crash').catch(() => undefined) // in the middle of the taps' transactions
    await new Promise((resolve) => one.page.once('crash', resolve))
    await one.page.close()
    one = await opened()
    least = await remembered(one, least)
  }

  for (let kill = 0; kill < 2; kill++) {
    await one.tap(10)
    least = await one.shown()
    await one.hurl(20)
    const closed = new Promise((resolve) => context.once('close', resolve))
    killed(profile.folder)
    await closed
    context = await launchKept(profile.folder)
    one = await opened()
    two = await opened()
    await remembered(one, least)
  }

  while ((await one.shown()) < GOAL) await one.tap(Math.min(50, GOAL - (await one.shown())))
  await until(async () => (await total()) >= GOAL, 'all taps to arrive', 30_000)
  assert.equal(await one.shown(), GOAL)
  assert.equal(await total(), GOAL)
  await context.close()
})

test('what the server refuses is told, and can be moved or let go', async () => {
  const [ali, zarina] = await Promise.all([reader(server, 'Ali'), reader(server, 'Zarina')])
  const group = await zarina.zikrGroup({ goal: 100 }, ali)
  const other = await ali.zikrGroup({ name: 'Istigfor' })
  for (let i = 0; i < 35; i++) await ali.quranGroup() // however many groups one is in
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/counter` })
  const counter = new Counter(app.page)
  await counter.ready()
  await app.page.context().setOffline(true)
  await counter.tap(7)
  await zarina.post(`/groups/${group.id}/zikrs`, { name: 'Another' }) // so that the circle goes on
  await zarina.delete(`/groups/${group.id}/zikrs/${group.zikrId}`)
  await app.page.context().setOffline(false)
  await app.page.getByText('7 counts could not be added:').waitFor()
  await app.button('To another zikr').click()
  const dialog = app.page.getByRole('dialog')
  await until(async () => (await dialog.getByLabel('Group').inputValue()) === group.id, 'the group that it was counted in to be offered first')
  await until(async () => (await dialog.locator('select').last().locator('option').allTextContents()).join() === 'Another', 'its zikrs')
  await dialog.getByLabel('Group').selectOption(other.id)
  await until(async () => (await dialog.locator('select').last().locator('option').allTextContents()).join() === 'Istigfor', 'those of the other')
  await app.button('Add 7 there').click()
  await until(async () => (await ali.snapshot(other)).zikrs[0].totalCount === 7, 'the counts to be added to the other zikr')
  await app.close()
})

test('undo takes back what was not sent; a batch of beads is added at once; keys count', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.zikrGroup({ goal: 1000 })
  const app = await Page.signedIn(holder.browser, server, ali, { path: `groups/${group.id}/counter` })
  const counter = new Counter(app.page)
  await counter.ready()
  const send = await counter.unsent(ali)
  await counter.tap(3)
  await app.button('Undo').click()
  await until(async () => (await counter.shown()) === 2, 'one to be taken back')
  await send()
  await app.button('Add many').click()
  await app.page.getByLabel('How many').fill('33')
  await app.button('Add 33').click()
  await until(async () => (await counter.shown()) === 35, 'the batch to be shown')
  await app.page.locator('h1').focus()
  await app.page.keyboard.press(' ')
  await app.page.keyboard.press('Enter')
  await until(async () => (await counter.shown()) === 37, 'keys to count')
  await app.button('Full screen').click()
  await app.page.locator('[data-tap-full]').click()
  await until(async () => (await counter.shown()) === 38, 'the whole screen to count')
  await until(async () => (await ali.snapshot(group)).zikrs[0].totalCount === 38, 'all to arrive')
  await app.button('Close').click()
  await counter.tap(3)
  await until(async () => (await ali.snapshot(group)).zikrs[0].totalCount === 41, 'three more to arrive')
  await app.button('Undo').click()
  await app.button('Only one').click()
  await until(async () => (await counter.shown()) === 40, 'one of what was sent to be taken back')
  await until(async () => (await ali.snapshot(group)).zikrs[0].totalCount === 40, 'the others to arrive again')
  await app.close()
})

test('what is taken back without a line is taken back with it, though the tab is gone meanwhile', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.zikrGroup({ goal: 1000 })
  const path = `groups/${group.id}/counter`
  const app = await Page.signedIn(holder.browser, server, ali, { path })
  const counter = new Counter(app.page)
  const total = async () => (await ali.snapshot(group)).zikrs[0].totalCount
  await counter.ready()
  await app.live()
  const send = await counter.unsent(ali)
  await counter.tap(33)
  await send()
  await until(async () => (await total()) === 33, 'all to arrive')
  await app.page.evaluate(() => navigator.serviceWorker.ready)
  await app.context.setOffline(true)
  await app.button('Undo').click()
  await app.button('Only one').click()
  await app.page.getByText('1 will be taken back when there is a connection.').waitFor()
  await app.anew(path)
  await app.page.getByText('1 will be taken back when there is a connection.').waitFor()
  await app.context.setOffline(false)
  await until(async () => (await total()) === 32, 'one to be taken back, and the others to arrive again')
  await app.page.getByText('1 will be taken back').waitFor({ state: 'detached' })
  assert.equal(await new Counter(app.page).shown(), 32)
  await app.close()
})

test('a clock that jumps, forwards and back: the server has what was tapped, and what may be there already is asked about', async () => {
  const ali = await reader(server, 'Ali')
  const group = await ali.zikrGroup({ goal: 1000 })
  const app = await Page.signedIn(holder.browser, server, ali)
  await app.page.addInitScript(() => {
    const Real = Date
    window.jump = 0 // ms
    window.Date = class extends Real {
      constructor(...args) {
        if (args.length === 0) super(Real.now() + window.jump)
        else super(...args)
      }
      static now() {
        return Real.now() + window.jump
      }
    }
  })
  await app.go(`groups/${group.id}/counter`)
  const counter = new Counter(app.page)
  await counter.ready()
  const total = async () => (await ali.snapshot(group)).zikrs[0].totalCount
  const jump = (days) => app.page.evaluate((d) => (window.jump = d * 86_400_000), days)
  let tapped = 0
  for (const days of [0, 2, -400, 1]) {
    await jump(days)
    await counter.hurl(5)
    tapped += 5
    await until(async () => (await counter.shown()) === 5, `five to be shown of the day that is ${days} days from now`)
  }
  await until(async () => (await total()) === tapped, 'all to arrive')

  await app.page.context().setOffline(true)
  const seal = await counter.unsent(ali)
  await counter.hurl(4)
  await until(async () => (await app.kept(ali, 'open'))[0]?.count === 4, 'all four to be kept')
  await seal()
  await until(async () => (await app.kept(ali, 'sealed')).length === 1, 'them to wait under an id of their own')
  await jump(40)
  await app.page.context().setOffline(false)
  await app.page.getByText('4 counts have waited here for more than 30 days:').waitFor({ timeout: 30_000 })
  assert.equal(await total(), tapped)
  await app.button('Send again').click()
  await until(async () => (await total()) === tapped + 4, 'what was asked about to arrive, once')
  await app.close()
})
