// Replay: who was away asks for what came since, and misses nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, settled, useServer } from './harness/index.js'

const server = useServer()

// history makes a group with some events of several kinds, all seen live by the admin.
async function history(t) {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup()
  const a = await connect(t, ali)
  await a.join(group, 0)
  await vali.post(`/groups/${group.id}/join`)
  const v = await connect(t, vali)
  const { bookingId } = await v.ask('book_pora', { poraId: '1', groupId: group.id })
  await v.ask('complete_pora', { bookingId })
  const second = await v.ask('book_pora', { poraId: '2', groupId: group.id })
  await v.ask('release_pora', { bookingId: second.bookingId })
  const latest = await settled(ali, group, a)
  return { ali, vali, group, a, v, latest, live: a.logged(group.id) }
}

const names = (items) => items.map((i) => i.event)

test('since 0 brings the whole history as it was live, then joined_group, then what is new', async (t) => {
  const { ali, vali, group, a, latest, live } = await history(t)
  assert.deepEqual(live.map((i) => i.data.seq), Array.from({ length: latest }, (_, i) => i + 1))
  const phone = await connect(t, vali)
  const joined = await phone.join(group, 0)
  assert.equal(joined.seq, latest)
  assert.equal('resync' in joined, false)
  assert.deepEqual(phone.logged(group.id), live, 'as it was live and in order')
  const order = names(phone.recorder.items)
  assert.equal(order.indexOf('joined_group'), order.lastIndexOf('group_updated') + 1, 'joined_group follows the last replayed event')
  await settled(ali, group, a, phone)
  assert.deepEqual(phone.logged(group.id), a.logged(group.id))
})

test('since S brings what came after S only', async (t) => {
  const { vali, group, latest, live } = await history(t)
  for (const since of [1, 3, latest - 1, latest]) {
    const phone = await connect(t, vali)
    const joined = await phone.join(group, since)
    assert.deepEqual(phone.logged(group.id), live.filter((i) => i.data.seq > since), `since ${since}`)
    assert.equal('resync' in joined, false)
  }
})

test('without since nothing is replayed', async (t) => {
  const { vali, group, latest } = await history(t)
  for (const payload of [{ groupId: group.id }, { groupId: group.id, since: null }]) {
    const phone = await connect(t, vali)
    const joined = await phone.ask('join_group', payload)
    assert.equal(joined.seq, latest)
    assert.deepEqual(phone.logged(group.id), [])
    assert.equal('resync' in joined, false)
  }
})

test('since above the latest seq: resync, nothing replayed, the channel joined', async (t) => {
  const { ali, vali, group, latest } = await history(t)
  for (const since of [latest + 1, latest + 1000, Number.MAX_SAFE_INTEGER, 1e300]) {
    const phone = await connect(t, vali)
    const joined = await phone.ask('join_group', { groupId: group.id, since })
    assert.equal(joined.resync, true, `since ${since}`)
    assert.equal(joined.seq >= latest, true)
    assert.deepEqual(phone.logged(group.id), [])
    await settled(ali, group, phone)
    assert.equal(phone.logged(group.id).length, 1)
  }
})

test('since is an integer of at least 0', async (t) => {
  const { vali, group } = await history(t)
  const phone = await connect(t, vali)
  for (const since of [-1, 1.5, '3', true, {}, []]) await phone.refused('invalid_payload', 'join_group', { groupId: group.id, since })
  assert.deepEqual(phone.all('joined_group'), [])
})

test('on a connection that is in the channel, since is ignored', async (t) => {
  const { ali, vali, group, a, latest } = await history(t)
  const phone = await connect(t, vali)
  await phone.join(group)
  await a.next('user_online')
  const again = await phone.join(group, 0)
  assert.equal(again.seq, latest)
  assert.equal('resync' in again, false)
  await settled(ali, group, a, phone)
  assert.deepEqual(names(phone.logged(group.id)), ['group_updated'])
  assert.equal(a.all('user_online').length, 1)
})

test('who leaves and comes back with since sees every seq once', async (t) => {
  const { ali, vali, group, a } = await history(t)
  const phone = await connect(t, vali)
  let { seq } = await phone.join(group, 0)
  for (let round = 0; round < 5; round++) {
    await phone.leave(group)
    for (let i = 0; i < 3; i++) await ali.patch(`/groups/${group.id}`, { name: `Nom ${round}.${i}` })
    const joined = await phone.join(group, seq)
    assert.equal(joined.seq, seq + 3)
    seq = joined.seq
  }
  await a.reached(group.id, seq)
  assert.deepEqual(phone.logged(group.id), a.logged(group.id))
})

test('joining while events pour in: every seq once, in order', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.zikrGroup({}, vali)
  const a = await connect(t, ali)
  await a.join(group, 0)
  let pouring = true
  const pour = (async () => {
    while (pouring) await Promise.all(Array.from({ length: 8 }, () => a.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })))
  })()
  const phones = await Promise.all(Array.from({ length: 6 }, () => connect(t, vali)))
  try {
    await Promise.all(phones.map(async (phone) => {
      let seen = 0
      for (let round = 0; round < 10; round++) {
        await phone.join(group, seen)
        await phone.next('zikr_count_updated', (e) => e.seq > seen)
        await phone.leave(group)
        seen = phone.logged(group.id).at(-1).data.seq
      }
    }))
  } finally {
    pouring = false
    await pour
  }
  const latest = await settled(ali, group, a)
  const live = a.logged(group.id)
  assert.equal(live.length, latest)
  for (const phone of phones) {
    const seen = phone.logged(group.id)
    assert.deepEqual(seen.map((i) => i.data.seq), seen.map((_, i) => i + 1))
    assert.deepEqual(seen, live.slice(0, seen.length))
  }
})

test('presence is never replayed', async (t) => {
  const { vali, group, a, v } = await history(t)
  await v.join(group)
  await a.next('user_online')
  await v.leave(group)
  await a.next('user_offline')
  const phone = await connect(t, vali)
  await phone.join(group, 0)
  assert.deepEqual(phone.all('user_online').concat(phone.all('user_offline')), [])
})

test('the same history is read over REST, page by page', async (t) => {
  const { vali, group, latest, live } = await history(t)
  const told = live.map(({ event, data }) => ({ seq: data.seq, event, data }))
  const path = `/groups/${group.id}/events`
  assert.deepEqual(await vali.get(path), { events: told, latest })
  assert.deepEqual(await vali.get(`${path}?since=2&limit=3`), { events: told.slice(2, 5), latest })
  assert.deepEqual(await vali.get(`${path}?since=${latest}`), { events: [], latest })
  assert.deepEqual(await vali.get(`${path}?since=${latest + 1}`), { events: [], latest, resync: true })
  await vali.refused('invalid_payload', 'GET', `${path}?since=-1`)
  await vali.refused('invalid_payload', 'GET', `${path}?since=x`)
  const stranger = await server.person('Begona')
  await stranger.refused('not_member', 'GET', path)
})

test('a snapshot holds exactly the effects of events 1 to its seq', async (t) => {
  const ali = await server.person('Ali')
  const group = await ali.zikrGroup({ goal: 7 })
  const a = await connect(t, ali)
  await a.join(group, 0)
  const counts = Promise.all(Array.from({ length: 150 }, (_, i) => a.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: i + 1 })))
  const snapshots = await Promise.all(Array.from({ length: 15 }, () => ali.snapshot(group)))
  await counts
  snapshots.push(await ali.snapshot(group))
  const latest = await settled(ali, group, a)
  assert.equal(snapshots.at(-1).seq, latest - 1, 'everything confirmed before is in it')
  const live = a.logged(group.id)
  for (const { seq, zikrs: [zikr] } of snapshots) {
    const sum = live.filter((i) => i.event === 'zikr_count_updated' && i.data.seq <= seq).reduce((n, i) => n + i.data.count, 0)
    assert.equal(zikr.totalCount, sum, `at seq ${seq}`)
  }
})

test('the history outlives a restart', async (t) => {
  const { ali, vali, group, latest, live } = await history(t)
  await server.restart()
  const phone = await connect(t, vali)
  assert.equal((await phone.join(group, 0)).seq, latest)
  assert.deepEqual(phone.logged(group.id), live)
  assert.equal(await settled(ali, group, phone), latest + 1)
})

test('a deleted account is a former member in replays too', async (t) => {
  const { ali, vali, group, live } = await history(t)
  await vali.delete('/me')
  const phone = await connect(t, ali)
  await phone.join(group, 0)
  const replayed = phone.logged(group.id)
  const mine = replayed.filter((i) => i.data.userName === 'Former member')
  assert.ok(mine.length >= 5)
  const [{ data: { userId: tombstone } }] = mine
  assert.notEqual(tombstone, vali.id, 'the id is another issuer\'s, and goes with the account')
  for (const { event, data } of mine) assert.equal(data.userId, tombstone, event)
  assert.deepEqual(replayed.slice(0, live.length).map(({ data: { userName, userId, ...rest } }) => rest), live.map(({ data: { userName, userId, ...rest } }) => rest), 'all else is as it was')
  const { poras: [first] } = await ali.snapshot(group)
  assert.deepEqual([first.status, first.userId, first.userName], ['completed', tombstone, 'Former member'])
})
