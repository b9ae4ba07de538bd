// A zikr: what a group counts together, toward a goal.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawSocket, call, connect, settled, useServer } from './harness/index.js'

const server = useServer()

// counting makes a group of two who count one zikr and connects both to its channel.
async function counting(t, zikr) {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.zikrGroup(zikr, vali)
  const [a, v] = await Promise.all([connect(t, ali), connect(t, vali)])
  await a.join(group)
  await v.join(group)
  const payload = (count, opId) => ({ groupId: group.id, zikrId: group.zikrId, count, ...(opId === undefined ? {} : { opId }) })
  const count = (client, n, opId) => client.ask('update_zikr_count', payload(n, opId))
  const zikrNow = async () => (await ali.snapshot(group)).zikrs[0]
  return { ali, vali, group, a, v, payload, count, zikrNow }
}

test('a count is confirmed to the caller and told to the group', async (t) => {
  const { ali, vali, group, a, v, count, zikrNow } = await counting(t, { goal: 100 })
  await count(a, 10)
  const mine = await count(v, 33)
  assert.deepEqual(mine, { id: mine.id, count: 33, totalCount: 43, goalReached: false, goal: 100, cycleCount: 0, progress: '43.00', timestamp: mine.timestamp })
  for (const client of [a, v]) {
    const told = await client.next('zikr_count_updated', (e) => e.userId === vali.id)
    assert.deepEqual(told, {
      groupId: group.id, zikrId: group.zikrId, zikrName: 'Subhanalloh', userId: vali.id, userName: vali.fullName,
      count: 33, totalCount: 43, goalReached: false, goal: 100, cycleCount: 0, progress: '43.00', seq: told.seq, timestamp: told.timestamp,
    })
  }
  const zikr = await zikrNow()
  assert.equal(zikr.totalCount, 43)
  assert.equal(zikr.myCount, 10, "of who asks")
  assert.deepEqual(zikr.members.map((m) => [m.userId, m.count]).sort(), [[ali.id, 10], [vali.id, 33]].sort())
})

test('without opId each send counts', async (t) => {
  const { a, count, zikrNow } = await counting(t)
  const [one, two] = [await count(a, 1), await count(a, 1)]
  assert.notEqual(one.id, two.id)
  assert.equal(two.totalCount, 2)
  assert.equal((await zikrNow()).totalCount, 2)
})

test('progress, cycles and the goal', async (t) => {
  // goal, then [count, totalCount, goalReached, cycleCount, progress] one after another
  const table = [
    [3, [1, 1, false, 0, '33.33'], [1, 2, false, 0, '66.67'], [1, 3, true, 1, '100.00'], [1, 4, false, 1, '33.33'], [2, 6, true, 2, '100.00']],
    [10, [35, 35, true, 3, '100.00'], [1, 36, false, 3, '60.00'], [100000, 100036, true, 10003, '100.00']],
    [800, [1, 1, false, 0, '0.13'], [2, 3, false, 0, '0.38']], // 0.125 and 0.375: half up
    [100000, [4, 4, false, 0, '0.00'], [1, 5, false, 0, '0.01'], [99994, 99999, false, 0, '99.99'], [1, 100000, true, 1, '100.00'], [5, 100005, false, 1, '0.01']],
    [1, [1, 1, true, 1, '100.00'], [7, 8, true, 8, '100.00']],
    [undefined, [5, 5, false, 0, '0.00'], [95, 100, false, 0, '0.00']],
  ]
  for (const [goal, ...steps] of table) {
    const { a, v, count, zikrNow } = await counting(t, { goal })
    for (const [n, totalCount, goalReached, cycleCount, progress] of steps) {
      const want = { count: n, totalCount, goalReached, cycleCount, progress, goal: goal ?? null }
      const got = await count(a, n)
      const told = await v.next('zikr_count_updated', (e) => e.totalCount === totalCount)
      for (const field of Object.keys(want)) {
        assert.equal(got[field], want[field], `goal ${goal}, total ${totalCount}: ${field} in the confirmation`)
        assert.equal(told[field], want[field], `goal ${goal}, total ${totalCount}: ${field} in the group's event`)
      }
      const zikr = await zikrNow()
      assert.deepEqual([zikr.totalCount, zikr.cycleCount], [totalCount, cycleCount])
    }
  }
})

test('a changed goal applies from then on', async (t) => {
  const { ali, group, a, v, count } = await counting(t, { goal: 100 })
  await count(a, 30)
  const path = `/groups/${group.id}/zikrs/${group.zikrId}`
  const changed = await ali.patch(path, { goal: 33 })
  assert.equal(changed.goal, 33)
  assert.equal((await v.next('group_updated')).groupId, group.id)
  const got = await count(a, 5)
  assert.deepEqual([got.totalCount, got.goal, got.goalReached, got.cycleCount, got.progress], [35, 33, true, 1, '100.00'])
})

test('the goal is told to every member but the actor, and unread once for a zikr', async (t) => {
  const { ali, vali, group, a, v, count } = await counting(t, { goal: 10 })
  for (let cycle = 1; cycle <= 3; cycle++) await count(v, 10)
  const told = await a.next('new_notification')
  assert.equal(told.type, 'goal_reached')
  assert.equal(told.senderId, vali.id)
  assert.equal(told.senderName, vali.fullName)
  assert.equal(told.groupId, group.id)
  assert.equal(told.groupName, group.name)
  const unread = await a.ask('get_notifications')
  assert.deepEqual(unread.map((n) => n.type), ['goal_reached'])
  await settled(ali, group, a, v)
  assert.deepEqual(v.all('new_notification'), [])
  assert.deepEqual(await v.ask('get_notifications'), [])

  await a.ask('mark_notification_read', { notificationId: unread[0].id })
  assert.deepEqual(await a.ask('get_notifications'), [])
  await count(v, 10)
  assert.equal((await a.ask('get_notifications')).length, 1, 'a read one makes room for the next')
})

test('a count is an integer from 1 to 100,000', async (t) => {
  const { a, payload, count, zikrNow } = await counting(t)
  for (const n of [0, -1, 100001, 1e15, -1e300]) await a.refused('count_out_of_range', 'update_zikr_count', payload(n))
  for (const n of [1.5, '5', true, [5], { n: 5 }, null, '']) await a.refused('invalid_payload', 'update_zikr_count', payload(n))
  assert.equal((await zikrNow()).totalCount, 0)
  await count(a, 1)
  await count(a, 100000)
  assert.equal((await zikrNow()).totalCount, 100001)
})

test('a number of integral value is an integer, however it is written', async (t) => {
  const { ali, group, zikrNow } = await counting(t)
  const raw = await (await RawSocket.open(t, server)).enter(ali)
  let total = 0
  for (const [written, value] of [['5.0', 5], ['1e2', 100], ['1.5e1', 15], ['100000.000', 100000]]) {
    raw.send(`42/zikr-app,1["update_zikr_count",{"groupId":"${group.id}","zikrId":"${group.zikrId}","count":${written}}]`)
    const ack = JSON.parse((await raw.next(/^43\/zikr-app,1/)).slice('43/zikr-app,1'.length))
    assert.equal(ack[0].data?.count, value, JSON.stringify(ack))
    const { status } = await call(server, 'POST', `/api/v1/groups/${group.id}/zikrs/${group.zikrId}/counts`, { token: ali.token, raw: `{"count":${written}}` })
    assert.equal(status, 200, written)
    total += 2 * value
  }
  assert.equal((await zikrNow()).totalCount, total)
})

test('an opId counts once, whatever else its repeat says', async (t) => {
  const { ali, vali, group, a, v, payload, count, zikrNow } = await counting(t, { goal: 10 })
  const other = await ali.zikrGroup({ goal: 5 })
  const first = await count(v, 7, 'op-1')
  await count(a, 100)
  const phone = await connect(t, vali)
  const repeats = [
    payload(7, 'op-1'),
    payload(9, 'op-1'),
    { ...payload(7, 'op-1'), zikrId: 'no such zikr' },
    { ...payload(7, 'op-1'), groupId: 'no such group' },
    { groupId: other.id, zikrId: other.zikrId, count: 1, opId: 'op-1' },
  ]
  for (const repeat of repeats) {
    for (const client of [v, phone]) {
      const again = await client.ask('update_zikr_count', repeat)
      assert.deepEqual(again, first, JSON.stringify(repeat))
    }
  }
  const path = `/groups/${group.id}/zikrs/${group.zikrId}/counts`
  assert.deepEqual(await vali.post(path, { count: 7, opId: 'op-1' }), first)
  await v.refused('count_out_of_range', 'update_zikr_count', payload(0, 'op-1'))
  await v.refused('invalid_payload', 'update_zikr_count', payload('7', 'op-1'))
  assert.equal((await zikrNow()).totalCount, 107)
  await settled(ali, group, a, v)
  assert.equal(a.all('zikr_count_updated').length, 2)

  await count(a, 1, 'op-1')
  assert.equal((await zikrNow()).totalCount, 108, "another user's same opId is another counting")
})

test('an opId sent over REST is remembered on the socket, and at the same moment', async (t) => {
  const { vali, group, v, payload, zikrNow } = await counting(t)
  const path = `/groups/${group.id}/zikrs/${group.zikrId}/counts`
  const sends = Array.from({ length: 20 }, (_, i) => (i % 2 ? v.ask('update_zikr_count', payload(3, 'same')) : vali.post(path, { count: 3, opId: 'same' }, 200)))
  const answers = await Promise.all(sends)
  for (const answer of answers) assert.deepEqual(answer, answers[0])
  assert.equal((await zikrNow()).totalCount, 3)
})

test('an opId is remembered after its user left and its zikr is gone', async (t) => {
  const { ali, vali, group, v, payload, count } = await counting(t)
  const first = await count(v, 5, 'kept')
  await ali.delete(`/groups/${group.id}/zikrs/${group.zikrId}`)
  assert.deepEqual(await count(v, 5, 'kept'), first)
  await v.refused('zikr_not_found', 'update_zikr_count', payload(5, 'new'))
  await vali.post(`/groups/${group.id}/leave`, undefined, 204)
  assert.deepEqual(await count(v, 5, 'kept'), first)
  await v.refused('not_member', 'update_zikr_count', payload(5, 'new'))
})

test('an opId is a string of 1 to 64 characters; null is none', async (t) => {
  const { a, payload, count, zikrNow } = await counting(t)
  for (const opId of ['', 'x'.repeat(65), 5, true, {}, []]) await a.refused('invalid_payload', 'update_zikr_count', payload(1, opId))
  await count(a, 1, 'x'.repeat(64))
  await count(a, 1, '\u{1F54B}'.repeat(64)) // characters, not bytes or UTF-16 units
  await count(a, 1, null)
  await count(a, 1, null)
  assert.equal((await zikrNow()).totalCount, 4)
})

test('counts of who left stay in the total', async (t) => {
  const { ali, vali, group, a, v, count } = await counting(t)
  await count(v, 40)
  await vali.post(`/groups/${group.id}/leave`, undefined, 204)
  await count(a, 2)
  const { zikrs: [zikr], members } = await ali.snapshot(group)
  assert.deepEqual(members.map((m) => m.userId), [ali.id])
  assert.equal(zikr.totalCount, 42)
  assert.deepEqual(zikr.members.map((m) => [m.userName, m.count]).sort(), [[ali.fullName, 2], [vali.fullName, 40]].sort())
})

test('a zikr is counted in its own group only, and not once it is deleted', async (t) => {
  const { ali, group, a, v, payload } = await counting(t)
  const other = await ali.zikrGroup()
  await a.refused('zikr_not_found', 'update_zikr_count', { ...payload(1), zikrId: other.zikrId })
  await a.refused('zikr_not_found', 'update_zikr_count', { ...payload(1), zikrId: 'none' })
  await ali.delete(`/groups/${group.id}/zikrs/${group.zikrId}`)
  await v.next('group_updated')
  await a.refused('zikr_not_found', 'update_zikr_count', payload(1))
  assert.deepEqual((await ali.snapshot(group)).zikrs, [])
})

test('a group counts several zikrs apart', async (t) => {
  const { ali, group, a, v, count } = await counting(t, { goal: 33 })
  const second = await ali.post(`/groups/${group.id}/zikrs`, { name: 'Alhamdulillah', body: 'الْحَمْدُ لِلَّهِ', goal: 5 }, 201)
  await v.next('group_updated')
  await count(a, 3)
  const got = await a.ask('update_zikr_count', { groupId: group.id, zikrId: second.zikrId, count: 5 })
  assert.deepEqual([got.totalCount, got.goal, got.goalReached], [5, 5, true])
  assert.equal((await v.next('zikr_count_updated', (e) => e.zikrId === second.zikrId)).zikrName, 'Alhamdulillah')
  const { zikrs } = await ali.snapshot(group)
  assert.deepEqual(zikrs.map((z) => [z.name, z.totalCount]), [['Subhanalloh', 3], ['Alhamdulillah', 5]])
})
