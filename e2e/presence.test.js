// Presence: who is in a group's channel, and how soon the others know.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RawSocket, connect, settled, transports, useServer } from './harness/index.js'

const server = useServer()
const GRACE = 5_000 // ms in which a dropped connection may come back unseen

// gathering makes a group of three, of whom the first watches its channel.
async function gathering(t) {
  const [ali, vali, guli] = await server.people('Ali', 'Vali', 'Guli')
  const group = await ali.quranGroup(vali, guli)
  const watcher = await connect(t, ali)
  await watcher.join(group)
  // fence: what was to be told before has been told once this has.
  const fence = async () => {
    const g = await connect(t, guli)
    await g.join(group)
    await watcher.next('user_online', (e) => e.userId === guli.id)
    await g.leave(group)
    await watcher.next('user_offline', (e) => e.userId === guli.id)
  }
  const told = () => watcher.recorder.items
    .filter((i) => i.event.startsWith('user_') && i.data.userId === vali.id).map((i) => i.event)
  return { ali, vali, guli, group, watcher, fence, told }
}

// Each test has people and groups of its own, and many wait for the grace: together.
describe('presence', { concurrency: true }, () => {
  test('the first device is told as online, the last as offline', async (t) => {
    const { vali, group, watcher, fence, told } = await gathering(t)
    const [phone, tablet] = [await connect(t, vali), await connect(t, vali, { namespace: '/' })]
    await phone.join(group)
    assert.deepEqual(await watcher.next('user_online').then(({ groupId, userId }) => ({ groupId, userId })), { groupId: group.id, userId: vali.id })
    await tablet.join(group)
    await phone.leave(group)
    await fence()
    assert.deepEqual(told(), ['user_online'])
    await tablet.leave(group)
    assert.equal((await watcher.next('user_offline')).userId, vali.id)
    assert.deepEqual(phone.all('user_online', (e) => e.userId === vali.id), [], 'nobody is told of themselves on the same connection')
  })

  test('joined_group says who is online, the caller included', async (t) => {
    const { ali, vali, group } = await gathering(t)
    const phone = await connect(t, vali)
    const joined = await phone.join(group)
    assert.equal(joined.groupId, group.id)
    assert.equal(joined.onlineCount, 2)
    assert.deepEqual(joined.onlineUserIds.sort(), [ali.id, vali.id].sort())
    const tablet = await connect(t, vali)
    const again = await tablet.join(group)
    assert.equal(again.onlineCount, 2, 'people, not devices')
    assert.deepEqual((await ali.snapshot(group)).members.filter((m) => m.online).map((m) => m.userId).sort(), [ali.id, vali.id].sort())
  })

  test('joining twice on one connection tells nobody, and one leave is enough', async (t) => {
    const { vali, group, watcher, fence, told } = await gathering(t)
    const phone = await connect(t, vali)
    await phone.join(group)
    assert.equal((await phone.join(group)).onlineCount, 2)
    await phone.leave(group)
    assert.equal((await watcher.next('user_offline')).userId, vali.id)
    await fence()
    assert.deepEqual(told(), ['user_online', 'user_offline'])
  })

  test('joining several times at once is joining once', async (t) => {
    const { ali, vali, group, watcher, fence, told } = await gathering(t)
    const phone = await connect(t, vali)
    await Promise.all([phone.join(group), phone.join(group), phone.join(group), phone.join(group)])
    await settled(ali, group, watcher, phone)
    await phone.leave(group)
    await watcher.next('user_offline', (e) => e.userId === vali.id)
    await fence()
    assert.deepEqual(told(), ['user_online', 'user_offline'])
  })

  test('leaving a channel that one is not in is fine', async (t) => {
    const { vali, group, fence, told } = await gathering(t)
    const phone = await connect(t, vali)
    const left = await phone.leave(group)
    assert.equal(left.groupId, group.id)
    await phone.ask('leave_group', { groupId: 'no such group' })
    await fence()
    assert.deepEqual(told(), [])
  })

  // A connection that says goodbye is told at once; "at once" is well before the grace.
  for (const [kind, say] of Object.entries({
    'a DISCONNECT packet': (raw) => raw.send('41/zikr-app,'),
    'an Engine.IO close packet': (raw) => raw.send('1'),
  })) {
    test(`${kind} is told at once`, async (t) => {
      const { vali, group, watcher } = await gathering(t)
      const raw = await (await RawSocket.open(t, server)).enter(vali)
      raw.send(`42/zikr-app,["join_group",{"groupId":"${group.id}"}]`)
      await watcher.next('user_online')
      say(raw)
      const { userId } = await watcher.next('user_offline', undefined, GRACE - 1500)
      assert.equal(userId, vali.id)
    })
  }

  for (const [name, list] of Object.entries(transports)) {
    test(`the official client's disconnect over ${name} is told at once`, async (t) => {
      const { vali, group, watcher } = await gathering(t)
      const phone = await connect(t, vali, { transports: list })
      await phone.join(group)
      await watcher.next('user_online')
      phone.socket.disconnect()
      assert.equal((await watcher.next('user_offline', undefined, GRACE - 1500)).userId, vali.id)
    })
  }

  test('a phone that changes networks does not flicker', async (t) => {
    const { vali, group, fence, told } = await gathering(t)
    let phone = await connect(t, vali)
    await phone.join(group)
    for (let change = 0; change < 3; change++) {
      phone.drop()
      const next = await connect(t, vali)
      const joined = await next.join(group)
      assert.equal(joined.onlineCount, 2)
      phone = next
    }
    await fence()
    assert.deepEqual(told(), ['user_online'])
  })

  test('who is in the grace counts as online, and is told as offline after it', async (t) => {
    const { ali, vali, guli, group, watcher } = await gathering(t)
    const phone = await connect(t, vali)
    await phone.join(group)
    await watcher.next('user_online')
    const dropped = performance.now()
    phone.drop()
    const g = await connect(t, guli)
    const joined = await g.join(group)
    assert.deepEqual(joined.onlineUserIds.sort(), [ali.id, vali.id, guli.id].sort())
    assert.equal((await ali.snapshot(group)).members.find((m) => m.userId === vali.id).online, true)

    await watcher.next('user_offline', (e) => e.userId === vali.id)
    const after = performance.now() - dropped
    assert.ok(after > GRACE - 500 && after < GRACE + 4000, `told after ${Math.round(after)} ms`)
    assert.equal((await ali.snapshot(group)).members.find((m) => m.userId === vali.id).online, false)
  })

  test('a kept device keeps the user online when another drops', async (t) => {
    const { vali, group, watcher, fence, told } = await gathering(t)
    const [phone, tablet] = [await connect(t, vali), await connect(t, vali)]
    await phone.join(group)
    await tablet.join(group)
    phone.drop()
    // The grace of the dropped phone is over once that of somebody dropped later is.
    const other = await server.person('Keyin')
    await other.post(`/groups/${group.id}/join`)
    const later = await connect(t, other)
    await later.join(group)
    later.drop()
    await watcher.next('user_offline', (e) => e.userId === other.id)
    await fence()
    assert.deepEqual(told(), ['user_online'])
    await tablet.leave(group)
    assert.equal((await watcher.next('user_offline', (e) => e.userId === vali.id)).userId, vali.id)
  })

  test('who is removed while in the grace is told as offline then, and only once', async (t) => {
    const { ali, vali, group, watcher, fence, told } = await gathering(t)
    const phone = await connect(t, vali)
    await phone.join(group)
    await watcher.next('user_online')
    phone.drop()
    await ali.delete(`/groups/${group.id}/members/${vali.id}`)
    await watcher.next('member_left')
    await watcher.next('user_offline', (e) => e.userId === vali.id, GRACE - 1500)
    const other = await server.person('Keyin')
    await other.post(`/groups/${group.id}/join`)
    const later = await connect(t, other)
    await later.join(group)
    later.drop()
    await watcher.next('user_offline', (e) => e.userId === other.id)
    await fence()
    assert.deepEqual(told(), ['user_online', 'user_offline'])
  })

  test('one client in both namespaces has two channels and is one user', async (t) => {
    const { vali, group, watcher, fence, told } = await gathering(t)
    const app = await connect(t, vali)
    const root = await connect(t, vali, { socket: app.socket.io.socket('/', { auth: { token: vali.token } }) })
    assert.equal(root.socket.io.engine, app.socket.io.engine, 'one Engine.IO connection')
    await app.join(group)
    await watcher.next('user_online')
    const booked = await watcher.ask('book_pora', { poraId: '1', groupId: group.id })
    assert.equal((await app.next('pora_booked')).bookingId, booked.bookingId)
    await root.ask('get_notifications')
    assert.deepEqual(root.all('pora_booked'), [], 'the other namespace did not join')
    await root.join(group)
    await app.leave(group)
    const second = await watcher.ask('book_pora', { poraId: '2', groupId: group.id })
    assert.equal((await root.next('pora_booked')).bookingId, second.bookingId)
    await fence()
    assert.deepEqual(told(), ['user_online'])
  })

  test('members only: a channel is closed to others, also of a public group', async (t) => {
    const { group, watcher, ali } = await gathering(t)
    const stranger = await server.person('Begona')
    const s = await connect(t, stranger)
    assert.equal((await stranger.snapshot(group)).id, group.id)
    await s.refused('not_member', 'join_group', { groupId: group.id })
    await s.refused('not_member', 'join_group', { groupId: 'none' })
    await watcher.ask('book_pora', { poraId: '1', groupId: group.id })
    await watcher.next('pora_booked')
    await ali.post(`/groups/${group.id}/invitations`, { receiverId: stranger.id })
    await s.next('new_invitation')
    assert.deepEqual(s.all('pora_booked'), [])
  })
})
