// since under fire: events pour into one group while its members drop and return at
// random, some with their session and some with since. Each ends with every seq
// exactly once, in order. ZIKR_TEST_STORM=200,60,2000 is 200 clients, a minute, 2,000 events a second,
// or as many as the machine takes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { App, Follower, Gone, Server, pause, until } from './harness/index.js'

const [CLIENTS, SECONDS, RATE] = (process.env.ZIKR_TEST_STORM ?? '50,8,400').split(',').map(Number)
const APPS = 4 // of the clients: the official one
const SOURCES = 4
const AT_ONCE = 64 // countings of one source that are under way

const random = (from, to) => from + Math.random() * (to - from)

// pour counts at a rate until the end, and returns how many were confirmed.
async function pour(source, group, perSecond, end) {
  const under = new Set()
  let [sent, confirmed] = [0, 0]
  for (const begin = performance.now(); performance.now() < end; await pause(5)) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond)
    for (; sent < due && under.size < AT_ONCE; sent++) {
      const one = source.send('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 }).then(({ ok }) => (confirmed += ok ? 1 : 0))
      under.add(one)
      one.finally(() => under.delete(one))
    }
    sent = Math.max(sent, due - AT_ONCE) // what the machine does not take is not made up for
  }
  await Promise.all(under)
  return confirmed
}

// come returns into the channel, however often the connection is lost on the way.
async function come(follower) {
  for (;;) {
    try {
      return await follower.come()
    } catch (error) {
      if (!(error instanceof Gone)) throw error
    }
  }
}

// caughtUp waits until a client has come that far. One that could not keep up was closed.
function caughtUp(client, seq) {
  return until(async () => {
    if (client.gone) await come(client)
    return client.seq >= seq
  }, () => `seq ${seq}, ${client.seq} has come`, 120_000)
}

// wander drops and returns at random until the end.
async function wander(client, end) {
  while (performance.now() < end) {
    await pause(random(20, 1500))
    client.drop()
    if (client instanceof App) continue // it comes back by itself
    await pause(random(0, 400))
    await come(client)
  }
}

test(`${CLIENTS} clients drop and return under ${RATE} events a second for ${SECONDS} s`, async (t) => {
  const server = new Server({ env: { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '1m' } })
  t.after(() => server.stop())
  await server.start()
  const people = await server.people(...Array.from({ length: 20 }, (_, i) => `Aʼzo ${i}`))
  const group = await people[0].zikrGroup({ goal: 1000 }, ...people.slice(1))
  const clients = Array.from({ length: CLIENTS }, (_, i) => {
    const person = people[i % people.length]
    return i < APPS ? new App(person, group) : new Follower(person, group, { recovers: i % 3 === 0 })
  })
  const sources = people.slice(0, SOURCES).map((person) => new Follower(person, group)) // they do not enter
  t.after(() => [...clients, ...sources].forEach((client) => (client instanceof App ? client.close() : client.drop())))
  await Promise.all(sources.map((source) => source.open()))
  await Promise.all(clients.filter((client) => client instanceof Follower).map(come))

  const begin = performance.now()
  const end = begin + SECONDS * 1000
  const pouring = sources.map((source) => pour(source, group, RATE / SOURCES, end))
  await Promise.all(clients.map((client) => wander(client, end)))
  const confirmed = (await Promise.all(pouring)).reduce((sum, n) => sum + n, 0)

  const { seq, zikrs } = await people[0].snapshot(group)
  assert.equal(zikrs[0].totalCount, confirmed)
  for (const client of clients) {
    await caughtUp(client, seq)
    assert.deepEqual([client.seq, client.problems, client.resyncs ?? 0], [seq, [], 0])
  }
  const sum = (what) => clients.reduce((n, client) => n + client[what], 0)
  assert.ok(sum('returned') > 0 && sum('recovered') > 0, 'they came back in both ways')
  await server.check()
  t.diagnostic(`${confirmed} events, ${Math.round(confirmed / SECONDS)} a second; ${sum('returned')} returns with since, ${sum('recovered')} with the session`)
})
