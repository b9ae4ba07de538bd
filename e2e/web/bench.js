// Measures the app in Chromium, as a cheap phone on a slow line has it, and prints a table:
//   node web/bench.js [starts] [frames] [taps] [many] [memory]     all of them, when none is named
// ZIKR_TEST_BINARY names the server; RUNS is how often a start is measured (5); EVENTS how many
// events the open board gets for its memory (24,000), and RATE how many of them a second (400).
import { chromium } from 'playwright-core'
import { dial, pause, Server, until } from '../harness/index.js'
import { executable } from './chromium.js'
import { crowd, Page, reader } from './harness.js'

const wanted = process.argv.slice(2)
const runs = Number(process.env.RUNS ?? 5)
const memoryEvents = Number(process.env.EVENTS ?? 24_000)
const memoryRate = Number(process.env.RATE ?? 400)
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 } // 400 kbit/s
const SLOWER = 4 // times slower than this processor
const rows = []

const server = new Server({ env: { ZIKR_LOG_LEVEL: 'error' } })
await server.start()
const browser = await chromium.launch({ executablePath: executable(), args: ['--no-sandbox', '--disable-dev-shm-usage'] })

// street is a group that reads and counts: its admin looks, and the others act.
async function street() {
  const people = await Promise.all(['Abdulloh', 'Zarina', 'Otabek', 'Malika', 'Anvar'].map((name) => reader(server, name)))
  const [me, ...others] = people
  const group = await me.quranGroup(...others)
  const zikr = await me.post(`/groups/${group.id}/zikrs`, { name: 'Salavot', goal: 1_000_000 })
  return { me, others, group, zikrId: zikr.zikrId }
}

async function slow(app, { network = true } = {}) {
  const cdp = await app.context.newCDPSession(app.page)
  if (network) {
    await cdp.send('Network.enable')
    await cdp.send('Network.emulateNetworkConditions', SLOW)
  }
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  return cdp
}

// settled waits until Chromium has loaded the pages of its own that a new tab makes it load:
// a phone has none of them, and here they would take the processors from the app.
const settled = (page) => page.waitForTimeout(2500)

// there notes in every page when what is looked for is shown, and the page can hear a touch again.
function there(context, selector) {
  return context.addInitScript((looked) => {
    const note = () => {
      if (window.interactive !== undefined || !document.querySelector(looked)) return
      window.interactive = null
      requestAnimationFrame(() => setTimeout(() => (window.interactive = performance.now())))
    }
    new MutationObserver(note).observe(document, { childList: true, subtree: true })
  }, selector)
}
async function interactive(page) {
  await page.waitForFunction(() => typeof window.interactive === 'number', undefined, { timeout: 60_000 })
  return page.evaluate(() => window.interactive)
}

async function starts() {
  const { me, group } = await street()
  const times = { first: [], board: [], second: [], offline: [] }
  for (let run = 0; run < runs; run++) {
    const fresh = await Page.opened(browser, server, { path: 'healthz' })
    await there(fresh.context, 'form button')
    await slow(fresh)
    await settled(fresh.page)
    await fresh.go('')
    times.first.push(await interactive(fresh.page))
    await fresh.context.close()

    const app = await Page.signedIn(browser, server, me, { path: 'healthz' })
    await there(app.context, 'main ol button')
    await app.page.evaluate(async () => {
      for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister()
      for (const key of await caches.keys()) await caches.delete(key)
    })
    let cdp = await slow(app)
    await cdp.send('Network.clearBrowserCache')
    await settled(app.page)
    await app.go(`groups/${group.id}/board`)
    times.board.push(await interactive(app.page))
    await cdp.send('Network.emulateNetworkConditions', { ...SLOW, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
    await app.page.evaluate(() => navigator.serviceWorker.ready)
    await app.page.waitForTimeout(1500) // what was seen is written at most once a second
    for (const [kind, offline] of [['second', false], ['offline', true]]) {
      await app.page.close()
      app.page = await app.context.newPage()
      await settled(app.page)
      cdp = await slow(app)
      if (offline) await app.context.setOffline(true)
      await app.go(`groups/${group.id}/board`)
      times[kind].push(await interactive(app.page))
      await app.page.waitForTimeout(1500)
    }
    await app.context.close()
  }
  const seconds = (list) => `${(median(list) / 1000).toFixed(2)} s (${list.map((t) => (t / 1000).toFixed(2)).join(', ')})`
  rows.push(['first visit: the form to sign in can be used', seconds(times.first), '2.5 s'])
  rows.push(['first visit of who has an account here: the board', seconds(times.board), ''])
  rows.push(['second visit: the board', seconds(times.second), '0.5 s'])
  rows.push(['without a line: the board', seconds(times.offline), '0.3 s'])
}

// Busy makes events in a group: a half bookings and what undoes them, a half counts.
class Busy {
  sent = 0
  static async of({ others, group, zikrId }) {
    const busy = new Busy()
    Object.assign(busy, { group, zikrId, held: new Map() })
    busy.clients = others.map((other) => dial(server, { auth: { token: other.token } }))
    await Promise.all(busy.clients.map((client) => new Promise((resolve) => client.once('connect', resolve))))
    return busy
  }
  start(rate) {
    const began = performance.now()
    const before = this.sent
    this.timer = setInterval(() => {
      const due = before + ((performance.now() - began) / 1000) * rate
      while (this.sent < due) this.#one(this.sent++)
    }, 10)
  }
  stop() {
    clearInterval(this.timer)
  }
  #one(n) {
    const client = this.clients[n % this.clients.length]
    if (n % 2 === 0) return void client.emit('update_zikr_count', { groupId: this.group.id, zikrId: this.zikrId, count: 1 })
    const poraId = String(((n >> 1) % 30) + 1)
    const held = this.held.get(poraId)
    this.held.delete(poraId)
    if (held) return void held.client.emit('release_pora', { bookingId: held.bookingId })
    client.emit('book_pora', { groupId: this.group.id, poraId }, (answer) => {
      if (answer.ok) this.held.set(poraId, { client, bookingId: answer.data.bookingId })
    })
  }
  close() {
    this.stop()
    for (const client of this.clients) client.disconnect()
  }
}

async function frames() {
  const place = await street()
  const busy = await Busy.of(place)
  const app = await Page.signedIn(browser, server, place.me, { path: `groups/${place.group.id}/board` })
  await app.page.locator('main ol button').first().waitFor()
  await app.live()
  await slow(app, { network: false })
  const least = await Page.opened(browser, server, { path: 'healthz' })
  await slow(least, { network: false })
  for (const [rate, bound] of [[100, 55], [400, 45]]) {
    busy.start(rate)
    await pause(1000)
    const measured = []
    const before = await seq(place)
    const began = performance.now()
    for (let i = 0; i < 3; i++) measured.push(await rateOfFrames(app.page, 4000))
    const told = ((await seq(place)) - before) / ((performance.now() - began) / 1000)
    await app.page.goto('about:blank')
    const floor = await floorOfFrames(least.page)
    busy.stop()
    await app.go(`groups/${place.group.id}/board`)
    await app.page.locator('main ol button').first().waitFor()
    await pause(1000)
    rows.push([`frames a second under ${rate} events/s (${Math.round(told)} came)`, `${median(measured).toFixed(0)} (${measured.map((f) => f.toFixed(0)).join(', ')})`, `${bound}`])
    rows.push(['the same of a bare page: nothing changes; a number does; one of thirty cells does, 15 times a second', floor.map((f) => f.toFixed(0)).join(', '), ''])
  }
  busy.close()
  await Promise.all([app.context.close(), least.context.close()])
}

// floorOfFrames is what this machine can draw at all, while it serves and sends as much: of a page
// that does not change, of one that changes a number, and of one that changes one of thirty cells.
async function floorOfFrames(page) {
  const measured = []
  for (const cells of [0, 1, 30]) {
    await page.goto('about:blank')
    await page.setContent('<ol style="display: grid; grid-template-columns: repeat(5, 1fr); list-style: none; padding: 0"></ol>')
    await page.evaluate((n) => {
      const cell = '<li style="height: 68px; border: 1px solid gray; border-radius: 14px"></li>'
      document.querySelector('ol').innerHTML = cell.repeat(n)
      let changed = 0
      const change = () => {
        const one = document.querySelector('ol').children[changed++ % n]
        one.textContent = changed
        one.style.background = changed % 2 ? 'white' : 'beige'
      }
      if (n > 0) setInterval(change, 66)
    }, cells)
    measured.push(await rateOfFrames(page, 4000))
  }
  return measured
}
const seq = async ({ me, group }) => (await me.snapshot(group)).seq

function rateOfFrames(page, ms) {
  return page.evaluate((length) => new Promise((resolve) => {
    const began = performance.now()
    let count = 0
    const frame = (now) => {
      count += 1
      if (now - began < length) requestAnimationFrame(frame)
      else resolve((count * 1000) / (now - began))
    }
    requestAnimationFrame(frame)
  }), ms)
}

async function taps() {
  const { me, group } = await street()
  const app = await Page.signedIn(browser, server, me, { path: `groups/${group.id}/counter` })
  await app.page.locator('[data-tap]').waitFor()
  await app.live()
  for (const factor of [1, SLOWER]) {
    const cdp = await app.context.newCDPSession(app.page)
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: factor })
    const times = await app.page.evaluate(async () => {
      const out = []
      const face = document.querySelector('[data-tap] [data-count]')
      for (let i = 0; i < 200; i++) {
        const shown = new Promise((resolve) => new MutationObserver((_, o) => (o.disconnect(), resolve(performance.now()))).observe(face, { attributes: true }))
        const began = performance.now()
        document.querySelector('[data-tap]').click()
        out.push((await shown) - began)
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
      return out
    })
    const sorted = [...times].sort((a, b) => a - b)
    const at = (share) => `${sorted[Math.floor(sorted.length * share)].toFixed(1)} ms`
    rows.push([`a tap is kept and shown${factor > 1 ? `, processor ${factor} times slower` : ''}: half of them, 95 of 100`, `${at(0.5)}, ${at(0.95)}`, factor > 1 ? '' : '20 ms'])
  }
  await app.context.close()
}

// many is a group of 1,000 members with 20 open hatms, all of which are read.
async function many() {
  const me = await reader(server, 'Abdulloh')
  const group = await me.post('/groups', { name: 'Katta davra', type: 'quran', isPublic: true, openHatms: 20 }, 201)
  const others = await crowd(server, group, 999)
  for (let hatm = 1; hatm <= 20; hatm++) await me.post(`/groups/${group.id}/hatms/${hatm}/share`, { userIds: others.map((o) => o.id) })
  const board = `groups/${group.id}/board`
  const times = { first: [], second: [], other: [], board: [], people: [] }
  for (let run = 0; run < runs; run++) {
    const app = await Page.signedIn(browser, server, me, { path: 'healthz' })
    await there(app.context, 'main ol button')
    await settled(app.page)
    await slow(app, { network: false })
    await app.go(board)
    times.first.push(await interactive(app.page))
    await app.live()
    await app.remembers(me, group)
    await app.go(board)
    times.second.push(await interactive(app.page))
    await app.live()
    times.other.push(await app.page.evaluate(() => new Promise((resolve) => {
      const began = performance.now()
      new MutationObserver((_, observer) => (observer.disconnect(), requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began))))).observe(document.querySelector('main h2'), { characterData: true, childList: true, subtree: true })
      const select = document.querySelector('main select')
      select.selectedIndex = 10
      select.dispatchEvent(new Event('change', { bubbles: true }))
    })))
    times.board.push(await framesScrolling(app.page))
    await app.page.getByRole('link', { name: 'Circle' }).click()
    const more = app.page.getByRole('button', { name: /^\d+ more$/ })
    for (let shown = 50; shown < 1000; shown += 200) await more.click()
    times.people.push(await framesScrolling(app.page))
    await app.context.close()
  }
  const ms = (list) => `${(median(list) / 1000).toFixed(2)} s (${list.map((t) => (t / 1000).toFixed(2)).join(', ')})`
  const fps = (list) => `${median(list).toFixed(0)} (${list.map((f) => f.toFixed(0)).join(', ')})`
  rows.push(['1,000 members, 20 open hatms, on a phone: the board at the first visit of a device that has the files', ms(times.first), ''])
  rows.push(['the same when it was seen before', ms(times.second), ''])
  rows.push(['another of its hatms is shown', `${median(times.other).toFixed(0)} ms`, ''])
  rows.push(['frames a second while the board is scrolled', fps(times.board), ''])
  rows.push(['the same of the circle with all 1,000 people', fps(times.people), ''])
}

// framesScrolling scrolls a page to its end in 3 s.
function framesScrolling(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const end = document.documentElement.scrollHeight - innerHeight
    const began = performance.now()
    let count = 0
    const frame = (now) => {
      count += 1
      scrollTo(0, (end * (now - began)) / 3000)
      if (now - began < 3000) requestAnimationFrame(frame)
      else resolve((count * 1000) / (now - began))
    }
    requestAnimationFrame(frame)
  }))
}

async function memory() {
  const place = await street()
  const busy = await Busy.of(place)
  const app = await Page.signedIn(browser, server, place.me, { path: `groups/${place.group.id}/board` })
  await app.page.locator('main ol button').first().waitFor()
  await app.live()
  const cdp = await app.context.newCDPSession(app.page)
  const used = async () => {
    for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage')
    const { usedSize } = await cdp.send('Runtime.getHeapUsage')
    const { nodes } = await cdp.send('Memory.getDOMCounters')
    return { mb: usedSize / (1 << 20), nodes }
  }
  const measured = []
  busy.start(memoryRate)
  for (let part = 0; part <= 6; part++) {
    await until(() => busy.sent >= (memoryEvents / 6) * part, 'the events to be sent', 3_600_000)
    measured.push(await used())
  }
  busy.close()
  rows.push([`memory of an open board after every sixth of ${memoryEvents} events, ${memoryRate} a second, MB`, measured.map((m) => m.mb.toFixed(1)).join(', '), 'flat'])
  rows.push(['and its DOM nodes', measured.map((m) => m.nodes).join(', '), 'flat'])
  await app.context.close()
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
}

try {
  for (const [name, measure] of Object.entries({ starts, frames, taps, many, memory })) {
    if (wanted.length === 0 || wanted.includes(name)) await measure()
  }
} finally {
  await browser.close()
  await server.stop()
}
console.log('| what | measured | bound |\n| --- | --- | --- |')
for (const row of rows) console.log(`| ${row.join(' | ')} |`)
