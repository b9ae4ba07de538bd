// kill -9 while the server is at work: what was confirmed is there after the
// restart, and with opId a client may send everything again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, Server, connect, pause } from './harness/index.js'

const ROUNDS = 3

async function started(t) {
  const server = new Server()
  t.after(() => server.stop())
  await server.start()
  return server
}

// bring opens connections into a group's channel.
async function bring(people, group) {
  return Promise.all(people.map(async (person) => {
    const client = new Client(person.server, person)
    await client.opened()
    await client.join(group)
    return client
  }))
}

// bombard sends from every client, several at a time, until the server is gone,
// and returns what is sent, each with its ack if one came, and the end of the work.
function bombard(clients, next) {
  const sent = []
  const sender = async (client) => {
    while (!client.reason) {
      const one = { client, payload: next() }
      sent.push(one)
      one.ack = await client.send('update_zikr_count', one.payload).catch(() => undefined) // the end of the connection
    }
  }
  const work = Promise.all(clients.flatMap((client) => Array.from({ length: 4 }, () => sender(client))))
  return { sent, work }
}

test('kill -9 while counting: the total is at least what was confirmed', async (t) => {
  const server = await started(t)
  const people = await server.people('A', 'B', 'C', 'D')
  const group = await people[0].zikrGroup({}, ...people.slice(1))
  let confirmed = 0
  let attempted = 0
  for (let round = 0; round < ROUNDS; round++) {
    const clients = await bring(people, group)
    const { sent, work } = bombard(clients, () => ({ groupId: group.id, zikrId: group.zikrId, count: 1 + Math.floor(Math.random() * 9) }))
    await pause(200 + Math.random() * 600) // the moment of the crash is random on purpose
    await server.kill()
    await work
    for (const client of clients) client.close()
    await server.start()
    for (const { payload, ack } of sent) {
      attempted += payload.count
      if (ack?.ok) confirmed += payload.count
    }
    const { totalCount, members } = (await people[0].snapshot(group)).zikrs[0]
    assert.ok(sent.filter((s) => s.ack?.ok).length > 0, 'something was confirmed before the crash')
    assert.ok(totalCount >= confirmed, `${totalCount} in the store, ${confirmed} confirmed`)
    assert.ok(totalCount <= attempted, `${totalCount} in the store, ${attempted} sent`)
    assert.equal(members.reduce((n, m) => n + m.count, 0), totalCount)
    await wholeLog(t, people[0], group, totalCount)
    confirmed = totalCount // from here on: what is stored must not get lost either
    attempted = totalCount
  }
})

test('kill -9 with opId: sent again, the total is exactly what was sent', async (t) => {
  const server = await started(t)
  const people = await server.people('A', 'B', 'C', 'D')
  const group = await people[0].zikrGroup({ goal: 1000 }, ...people.slice(1))
  let expected = 0
  let op = 0
  for (let round = 0; round < ROUNDS; round++) {
    const clients = await bring(people, group)
    const { sent, work } = bombard(clients, () => ({ groupId: group.id, zikrId: group.zikrId, count: 1 + Math.floor(Math.random() * 9), opId: `op-${op++}` }))
    await pause(200 + Math.random() * 600) // random on purpose
    await server.kill()
    await work
    for (const client of clients) client.close()
    await server.start()
    const again = await bring(people, group)
    const by = new Map(again.map((client) => [client.person, client]))
    const ids = new Set()
    for (const { client, payload, ack } of sent) {
      const answer = await by.get(client.person).ask('update_zikr_count', payload)
      if (ack?.ok) assert.deepEqual(answer, ack.data, 'answered with the first confirmation')
      assert.equal(answer.count, payload.count)
      ids.add(answer.id)
      expected += payload.count
    }
    assert.equal(ids.size, sent.length, 'one counting for each opId')
    assert.ok(sent.some(({ ack }) => ack?.ok), 'something was confirmed before the crash')
    const { totalCount } = (await people[0].snapshot(group)).zikrs[0]
    assert.equal(totalCount, expected)
    await wholeLog(t, people[0], group, totalCount)
    for (const client of again) client.close()
  }
})

test('kill -9: confirmed bookings, completions and memberships are kept', async (t) => {
  const server = await started(t)
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const [a, v] = await bring([ali, vali], group)
  const acks = []
  const reader = async (client, poras) => {
    for (const poraId of poras) {
      const booked = await client.send('book_pora', { poraId: String(poraId), groupId: group.id })
      acks.push(['booked', booked.data])
      const done = await client.send('complete_pora', { bookingId: booked.data.bookingId })
      acks.push(['completed', done.data])
      if (acks.length > 30) server.signal('SIGKILL')
    }
  }
  const odd = Array.from({ length: 15 }, (_, i) => 2 * i + 1)
  const ends = await Promise.allSettled([reader(a, odd), reader(v, odd.map((n) => n + 1))])
  assert.match(String(ends.find((end) => end.status === 'rejected')?.reason), /disconnected/, 'it was killed while they read')
  await server.exited()
  await server.start()
  const { poras } = await ali.snapshot(group)
  const rank = { available: 0, booked: 1, completed: 2 }
  for (const [status, { poraId, bookingId }] of acks) {
    const pora = poras[poraId - 1]
    assert.equal(pora.bookingId, bookingId)
    assert.ok(rank[pora.status] >= rank[status], `pora ${poraId} was confirmed as ${status} and is ${pora.status}`)
  }
  await wholeLog(t, ali, group)
})

// wholeLog replays a group from its first event: every seq once, and counts that add up to the total.
async function wholeLog(t, person, group, total) {
  const client = await connect(t, person)
  const { seq } = await client.join(group, 0)
  const events = client.logged(group.id)
  assert.deepEqual(events.map((i) => i.data.seq), Array.from({ length: seq }, (_, i) => i + 1))
  if (total === undefined) return
  const counted = events.filter((i) => i.event === 'zikr_count_updated')
  assert.equal(counted.reduce((n, i) => n + i.data.count, 0), total, 'the log tells what the total holds')
  assert.ok(counted.every((i, n) => i.data.totalCount === (counted[n - 1]?.data.totalCount ?? 0) + i.data.count))
  client.close()
}
