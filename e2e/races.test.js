// Everyone at once: one pora has one reader, a hatm completes once, a count is counted once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, connect, namespaces, settled, useServer } from './harness/index.js'

// No debug log here: these tests are about what happens at full speed. Nor may a slow
// machine have anybody wait too long: that is rate_limited, and another test's subject.
const server = useServer({ env: { ZIKR_LOG_LEVEL: 'info', ZIKR_COMMAND_TIMEOUT: '1m' } })

const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1)

async function gathered(t, people, make, devices = 1) {
  const group = await make(people)
  const clients = await Promise.all(people.flatMap((person) => upTo(devices).map((n) => connect(t, person, { namespace: namespaces[n % 2] }))))
  await Promise.all(clients.map((client) => client.join(group)))
  return { group, clients }
}

const crowd = (n) => server.people(...upTo(n).map((i) => `Oʻquvchi ${i}`))

test('40 connections of 20 members book each of 30 poras at once: one winner each, one order for all', async (t) => {
  const people = await crowd(20)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.quranGroup(...others), 2)
  const asked = clients.flatMap((client) => upTo(30).map(async (n) => {
    const poraId = String(n)
    return { client, poraId, ack: await client.send('book_pora', { poraId, groupId: group.id }) }
  }))
  const answers = await Promise.all(asked)
  const holders = new Map()
  for (const { client, poraId, ack } of answers) {
    if (!ack.ok) {
      assert.equal(ack.error.code, 'pora_already_booked')
      continue
    }
    const known = holders.get(poraId) ?? { userId: client.person.id, bookingId: ack.data.bookingId }
    assert.deepEqual({ userId: client.person.id, bookingId: ack.data.bookingId }, known, `pora ${poraId} has one holder`)
    holders.set(poraId, known)
  }
  assert.equal(holders.size, 30)

  await settled(people[0], group, ...clients)
  const order = clients[0].logged(group.id)
  const booked = order.filter((i) => i.event === 'pora_booked').map((i) => i.data)
  assert.equal(booked.length, 30, 'each pora once')
  for (const { poraId, bookingId, userId } of booked) assert.deepEqual({ userId, bookingId }, holders.get(poraId))
  for (const client of clients) assert.deepEqual(client.logged(group.id), order, 'every member sees one order')
  const { poras } = await people[1].snapshot(group)
  for (const pora of poras) assert.deepEqual({ userId: pora.userId, bookingId: pora.bookingId }, holders.get(pora.poraId))
})

test('60 completions by 6 members at once: two hatms, 1 to 30 twice, seq without a gap', async (t) => {
  const people = await crowd(6)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.quranGroup(...others))
  const start = clients[0].logged(group.id).length

  // Each member reads ten poras of any hatm: whatever is free, as fast as it can be had.
  const reader = async (client) => {
    const done = []
    const end = performance.now() + 60_000
    for (let n = people.indexOf(client.person) * 5; done.length < 10; n++) {
      assert.ok(performance.now() < end, `only ${done.length} of ten poras could be had in a minute`)
      const poraId = String((n % 30) + 1)
      const booked = await client.send('book_pora', { poraId, groupId: group.id })
      if (!booked.ok) {
        assert.match(booked.error.code, /^pora_already_(booked|completed)$/)
        continue
      }
      done.push(client.ask('complete_pora', { bookingId: booked.data.bookingId }))
    }
    return Promise.all(done)
  }
  const done = (await Promise.all(clients.map(reader))).flat()
  assert.equal(new Set(done.map((d) => d.bookingId)).size, 60)

  const latest = await settled(people[0], group, ...clients)
  for (const client of clients) {
    const hatms = client.all('hatm_completed')
    assert.deepEqual(hatms.map((e) => e.hatmCount), [1, 2], 'exactly two hatms')
    const completed = client.all('pora_completed')
    assert.deepEqual(completed.map((e) => e.totalFinished), [...upTo(30), ...upTo(30)])
    assert.deepEqual(completed.map((e) => e.hatmNumber), [...Array(30).fill(1), ...Array(30).fill(2)])
    assert.deepEqual(completed.map((e) => e.hatmCompleted), completed.map((e) => e.totalFinished === 30))
    assert.deepEqual(hatms.map((e) => e.seq), [completed[29].seq + 1, completed[59].seq + 1], 'neighbours')
    const seqs = client.logged(group.id).slice(start).map((i) => i.data.seq)
    assert.deepEqual(seqs, upTo(seqs.length).map((i) => latest - seqs.length + i), 'no gap')
    assert.deepEqual(client.logged(group.id).map((i) => i.data.seq), clients[0].logged(group.id).map((i) => i.data.seq))
  }
  const snapshot = await people[0].snapshot(group)
  assert.equal(snapshot.hatmCount, 2)
  assert.deepEqual([...new Set(snapshot.poras.map((p) => p.status))], ['available'])
})

test('30 completions of one hatm sent by 6 members in the same moment: one hatm', async (t) => {
  const people = await crowd(6)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.quranGroup(...others))
  const bookings = await Promise.all(upTo(30).map(async (n) => {
    const client = clients[n % 6]
    const { bookingId } = await client.ask('book_pora', { poraId: String(n), groupId: group.id })
    return { client, bookingId }
  }))
  // Each completion is sent twice, as a client does that did not hear the answer.
  await Promise.all([...bookings, ...bookings].map(({ client, bookingId }) => client.ask('complete_pora', { bookingId })))
  await settled(people[0], group, ...clients)
  for (const client of clients) {
    assert.equal(client.all('hatm_completed').length, 1)
    assert.deepEqual(client.all('pora_completed').map((e) => e.totalFinished), upTo(30))
  }
})

test('20 connections, 1,000 counts at once: each counted once, the goal reached once per cycle', async (t) => {
  const goal = 777
  const people = await crowd(20)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.zikrGroup({ goal }, ...others))
  const answers = await Promise.all(clients.flatMap((client, c) => upTo(50).map(async (n) => {
    const count = ((c * 50 + n) % 100) + 1
    const ack = await client.send('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count })
    assert.equal(ack.ok, true, JSON.stringify(ack))
    assert.equal(ack.data.count, count)
    return { ...ack.data, userId: client.person.id }
  })))
  const sum = answers.reduce((n, a) => n + a.count, 0)
  answers.sort((a, b) => a.totalCount - b.totalCount)
  let total = 0
  for (const { count, totalCount, goalReached, cycleCount } of answers) {
    assert.equal(totalCount, total + count, 'the total rises by each count once')
    assert.equal(goalReached, Math.floor(totalCount / goal) > Math.floor(total / goal), `goalReached from ${total} to ${totalCount}`)
    assert.equal(cycleCount, Math.floor(totalCount / goal))
    total = totalCount
  }
  assert.equal(total, sum)

  await settled(people[0], group, ...clients)
  for (const client of clients) {
    const told = client.all('zikr_count_updated')
    assert.deepEqual(told.map((e) => e.totalCount), answers.map((a) => a.totalCount), 'told in the order of the total')
    assert.equal(told.filter((e) => e.goalReached).length, Math.floor(sum / goal))
    assert.deepEqual(told.map((e) => e.userId), answers.map((a) => a.userId))
  }
  const { zikrs: [zikr] } = await people[0].snapshot(group)
  assert.equal(zikr.totalCount, sum)
  assert.equal(zikr.members.reduce((n, m) => n + m.count, 0), sum, "the members' counts sum to the total")
  for (const person of people) {
    const mine = answers.filter((a) => a.userId === person.id).reduce((n, a) => n + a.count, 0)
    assert.equal(zikr.members.find((m) => m.userId === person.id).count, mine)
  }
})

test('the last free places: joining, leaving and booking at once keep the group whole', async (t) => {
  const people = await crowd(8)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.quranGroup(...others))
  const [admin, ...others] = people
  await Promise.all(clients.slice(1).map(async (client, i) => {
    const person = others[i]
    for (let round = 0; round < 4; round++) {
      const sends = upTo(6).map((n) => client.send('book_pora', { poraId: String(((i * 3 + n) % 30) + 1), groupId: group.id }))
      await person.post(`/groups/${group.id}/leave`, undefined, 204)
      await Promise.all(sends)
      await client.next('left_group')
      await person.post(`/groups/${group.id}/join`)
      await client.join(group)
    }
  }))
  await settled(admin, group, ...clients)
  const { poras, members, seq } = await admin.snapshot(group)
  const inGroup = new Set(members.map((m) => m.userId))
  assert.equal(inGroup.size, 8)
  const state = new Map()
  for (const { event, data } of clients[0].logged(group.id)) {
    if (event === 'pora_booked') assert.ok(!state.has(data.poraId) && state.set(data.poraId, data), `pora ${data.poraId} was booked while held`)
    if (event === 'pora_released') assert.ok(state.get(data.poraId)?.bookingId === data.bookingId && state.delete(data.poraId))
  }
  for (const pora of poras) assert.equal(pora.bookingId, state.get(pora.poraId)?.bookingId ?? null, `pora ${pora.poraId} is as the events say`)
  assert.equal(clients[0].logged(group.id).at(-1).data.seq, seq)
})

test('one way into a group is enough: invitation and public door at once', async (t) => {
  const people = await crowd(5)
  const [admin, ...others] = people
  const group = await admin.quranGroup()
  const watcher = await connect(t, admin)
  await watcher.join(group)
  await Promise.all(others.map(async (person) => {
    const client = await connect(t, person)
    const { id } = await admin.post(`/groups/${group.id}/invitations`, { receiverId: person.id }, 201)
    const join = () => person.post(`/groups/${group.id}/join`, undefined, 200)
    await Promise.all([join(), client.ask('respond_to_invitation', { notificationId: id, accept: true }), join()])
  }))
  await settled(admin, group, watcher)
  assert.deepEqual(watcher.all('member_joined').map((e) => e.userId).sort(), others.map((p) => p.id).sort(), 'each joined once')
  assert.equal((await admin.snapshot(group)).members.length, 5)
})

test('a group is deleted while all act: refused well, and nothing is told after group_deleted', async (t) => {
  const people = await crowd(8)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.zikrGroup({ goal: 10 }, ...others))
  const refusals = new Set()
  let deleted = false
  const acting = clients.map(async (client) => {
    for (let after = 0; after < 3;) {
      const ack = await client.send('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 3 })
      if (!ack.ok) refusals.add(ack.error.code)
      if (deleted) after += 1
    }
  })
  await clients[0].next('zikr_count_updated', (e) => e.totalCount > 100)
  await people[0].delete(`/groups/${group.id}`)
  deleted = true
  await Promise.all(acting)
  assert.deepEqual([...refusals], ['not_member'])
  for (const client of clients) {
    await client.next('left_group')
    assert.equal(client.logged(group.id).at(-1).event, 'group_deleted')
    assert.deepEqual(client.logged(group.id), clients[0].logged(group.id))
  }
})

test('all members leave at once: always one admin, and the last one out deletes the group', async (t) => {
  const people = await crowd(8)
  const { group, clients } = await gathered(t, people, ([admin, ...others]) => admin.quranGroup(...others))
  const left = await Promise.all(people.map((person) => person.request('POST', `/groups/${group.id}/leave`)))
  assert.deepEqual(left.map((answer) => answer.status), people.map(() => 204))
  for (const client of clients) await client.next('left_group')
  for (const person of people) await person.refused('not_member', 'GET', `/groups/${group.id}`)
})

test('one email is registered once, however many try at once', async () => {
  const email = `${Math.random()}@example.org`
  const tries = await Promise.all(upTo(6).map((n) => call(server, 'POST', '/api/v1/auth/register', { body: { name: `A${n}`, surname: 'B', email, password: 'a password' } })))
  assert.deepEqual(tries.map((answer) => answer.body.code ?? 'made').sort(), ['email_taken', 'email_taken', 'email_taken', 'email_taken', 'email_taken', 'made'])
})
