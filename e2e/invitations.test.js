// Invitations: how one comes into a group that one did not find oneself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, settled, useServer } from './harness/index.js'

const server = useServer()

// inviting makes a private group with an admin in its channel, and someone to invite.
async function inviting(t) {
  const [ali, guli] = await server.people('Ali', 'Guli')
  const group = await ali.post('/groups', { name: 'Oila hatmi', type: 'quran', isPublic: false }, 201)
  const [a, g] = await Promise.all([connect(t, ali), connect(t, guli)])
  await a.join(group)
  const invite = () => a.ask('send_invitation', { receiverId: guli.id, groupId: group.id })
  const respond = (client, notificationId, accept) => client.ask('respond_to_invitation', { notificationId, accept })
  return { ali, guli, group, a, g, invite, respond }
}

test('an invitation reaches every device of its receiver', async (t) => {
  const { ali, guli, group, g, invite } = await inviting(t)
  const tablet = await connect(t, guli, { namespace: '/' })
  const sent = await invite()
  assert.deepEqual(sent, { id: sent.id, receiverId: guli.id, groupId: group.id, time: sent.time })
  for (const client of [g, tablet]) {
    const told = await client.next('new_invitation')
    assert.deepEqual(told, { id: sent.id, senderId: ali.id, senderName: ali.fullName, groupId: group.id, groupName: group.name, time: sent.time })
  }
})

test('who is not connected finds it later', async (t) => {
  const { ali, group, a } = await inviting(t)
  const away = await server.person('Uzoq')
  const sent = await a.ask('send_invitation', { receiverId: away.id, groupId: group.id })
  const later = await connect(t, away)
  assert.deepEqual(await later.ask('get_notifications'), [
    { id: sent.id, type: 'invitation', senderId: ali.id, senderName: ali.fullName, groupId: group.id, groupName: group.name, time: sent.time, isRead: false },
  ])
})

test('who accepts is in the channel and sees member_joined', async (t) => {
  const { ali, guli, group, a, g, invite, respond } = await inviting(t)
  const [laptop, tablet] = [await connect(t, ali), await connect(t, guli)]
  const { id } = await invite()
  const answer = await respond(g, id, true)
  assert.deepEqual(answer, { notificationId: id, accepted: true, groupId: group.id, groupName: group.name, timestamp: answer.timestamp })
  for (const client of [a, g]) {
    const joined = await client.next('member_joined')
    assert.deepEqual(joined, { groupId: group.id, groupName: group.name, userId: guli.id, userName: guli.fullName, seq: joined.seq, timestamp: joined.timestamp })
  }
  assert.equal((await a.next('user_online')).userId, guli.id)
  for (const client of [a, laptop]) {
    const accepted = await client.next('invitation_accepted')
    assert.deepEqual(accepted, { notificationId: id, groupId: group.id, groupName: group.name, userId: guli.id, userName: guli.fullName, timestamp: accepted.timestamp })
  }
  const mine = await g.ask('book_pora', { poraId: '1', groupId: group.id })
  assert.equal((await g.next('pora_booked')).bookingId, mine.bookingId)
  await settled(ali, group, a, g)
  assert.deepEqual(g.all('joined_group'), [], 'no joined_group')
  assert.deepEqual(tablet.all('member_joined'), [], 'only the connection that answered enters the channel')
  const online = (await ali.snapshot(group)).members.filter((m) => m.online)
  assert.deepEqual(online.map((m) => m.userId).sort(), [ali.id, guli.id].sort())
  assert.deepEqual(await g.ask('get_notifications'), [], 'answered is read')
  const stored = await laptop.ask('get_notifications')
  assert.deepEqual(stored.map((n) => [n.type, n.senderId]), [['invitation_accepted', guli.id]])
})

test('a rejection is told to the sender, and a new invitation may follow', async (t) => {
  const { guli, group, a, g, invite, respond } = await inviting(t)
  const { id } = await invite()
  const answer = await respond(g, id, false)
  assert.equal(answer.accepted, false)
  const rejected = await a.next('invitation_rejected')
  assert.deepEqual(rejected, { notificationId: id, groupId: group.id, groupName: group.name, userId: guli.id, timestamp: rejected.timestamp })
  assert.deepEqual((await a.ask('get_notifications')).map((n) => n.type), ['invitation_rejected'])
  assert.deepEqual(await g.ask('get_notifications'), [])
  await g.refused('not_member', 'join_group', { groupId: group.id })

  const second = await invite()
  assert.notEqual(second.id, id)
  assert.equal((await respond(g, second.id, true)).accepted, true)
})

test('one invitation at a time for a group and a receiver', async (t) => {
  const { guli, group, a, g, invite } = await inviting(t)
  const { id } = await invite()
  await a.refused('invitation_pending', 'send_invitation', { receiverId: guli.id, groupId: group.id })
  await g.ask('mark_notification_read', { notificationId: id })
  await a.refused('invitation_pending', 'send_invitation', { receiverId: guli.id, groupId: group.id })
  const other = await a.person.quranGroup()
  await a.ask('send_invitation', { receiverId: guli.id, groupId: other.id })
  await g.next('new_invitation', (e) => e.groupId === other.id)
  assert.equal(g.all('new_invitation').length, 2)
})

test('only the admin invites, and only who is not in the group', async (t) => {
  const { ali, guli, group, a, g, invite, respond } = await inviting(t)
  const receiver = await server.person('Yangi')
  await g.refused('not_member', 'send_invitation', { receiverId: receiver.id, groupId: group.id })
  await respond(g, (await invite()).id, true)
  await g.refused('not_admin', 'send_invitation', { receiverId: receiver.id, groupId: group.id })
  await a.refused('already_member', 'send_invitation', { receiverId: guli.id, groupId: group.id })
  await a.refused('already_member', 'send_invitation', { receiverId: ali.id, groupId: group.id })
  await a.refused('user_not_found', 'send_invitation', { receiverId: 'nobody', groupId: group.id })
})

test('the same answer again is confirmed; the other one is refused', async (t) => {
  for (const accept of [true, false]) {
    const { ali, group, a, g, invite, respond } = await inviting(t)
    const { id } = await invite()
    await respond(g, id, accept)
    const again = await respond(g, id, accept)
    assert.equal(again.accepted, accept)
    await g.refused('invitation_already_answered', 'respond_to_invitation', { notificationId: id, accept: !accept })
    await settled(ali, group, a)
    assert.equal(a.all('member_joined').length, accept ? 1 : 0)
    assert.equal(a.all('invitation_accepted').length + a.all('invitation_rejected').length, 1)
  }
})

test('accepting again does not bring back who left since', async (t) => {
  const { ali, guli, group, a, g, invite, respond } = await inviting(t)
  const { id } = await invite()
  await respond(g, id, true)
  await guli.post(`/groups/${group.id}/leave`, undefined, 204)
  await g.next('left_group')
  assert.equal((await respond(g, id, true)).accepted, true)
  await settled(ali, group, a)
  assert.deepEqual((await ali.snapshot(group)).members.map((m) => m.userId), [ali.id])
  assert.equal(a.all('member_joined').length, 1)
  assert.deepEqual(g.all('group_updated'), [], 'nor into the channel')
  await g.refused('not_member', 'join_group', { groupId: group.id })
})

test('two devices accept at once: one member_joined, both in the channel', async (t) => {
  for (let round = 0; round < 5; round++) {
    const { ali, guli, group, a, g, invite, respond } = await inviting(t)
    const tablet = await connect(t, guli)
    const { id } = await invite()
    const answers = await Promise.all([respond(g, id, true), respond(tablet, id, true)])
    assert.ok(answers.every((answer) => answer.accepted))
    await settled(ali, group, a, g, tablet)
    assert.equal(a.all('member_joined').length, 1)
    assert.equal(a.all('user_online').length, 1)
  }
})

test('accept and reject at once: one wins', async (t) => {
  for (let round = 0; round < 8; round++) {
    const { ali, guli, group, a, g, invite } = await inviting(t)
    const tablet = await connect(t, guli)
    const { id } = await invite()
    const acks = await Promise.all([
      g.send('respond_to_invitation', { notificationId: id, accept: round % 2 === 0 }),
      tablet.send('respond_to_invitation', { notificationId: id, accept: round % 2 === 1 }),
    ])
    const won = acks.filter((ack) => ack.ok)
    assert.equal(won.length, 1, JSON.stringify(acks))
    assert.equal(acks.find((ack) => !ack.ok).error.code, 'invitation_already_answered')
    await settled(ali, group, a)
    const { members } = await ali.snapshot(group)
    assert.equal(members.length, won[0].data.accepted ? 2 : 1)
    assert.equal(a.all('member_joined').length, won[0].data.accepted ? 1 : 0)
    const told = won[0].data.accepted ? 'invitation_accepted' : 'invitation_rejected'
    await a.next(told)
  }
})

test('who became a member by another way is confirmed without a second member_joined', async (t) => {
  const { ali, guli, group, a, g, invite, respond } = await inviting(t)
  await ali.patch(`/groups/${group.id}`, { isPublic: true })
  const { id } = await invite()
  await guli.post(`/groups/${group.id}/join`)
  assert.equal((await respond(g, id, true)).accepted, true)
  await settled(ali, group, a)
  assert.equal(a.all('member_joined').length, 1)
  await settled(ali, group, g)
  assert.equal((await ali.snapshot(group)).members.find((m) => m.userId === guli.id).online, true, 'the connection is in the channel')
})

test('a read invitation can still be answered', async (t) => {
  const { g, invite, respond } = await inviting(t)
  const { id } = await invite()
  await g.ask('mark_notification_read', { notificationId: id })
  assert.deepEqual(await g.ask('get_notifications'), [])
  assert.equal((await respond(g, id, true)).accepted, true)
})

test("nobody answers somebody else's invitation, nor what is none", async (t) => {
  const { a, g, invite, respond } = await inviting(t)
  const { id } = await invite()
  const stranger = await connect(t, await server.person('Begona'))
  await stranger.refused('invitation_not_found', 'respond_to_invitation', { notificationId: id, accept: true })
  await a.refused('invitation_not_found', 'respond_to_invitation', { notificationId: id, accept: true })
  await g.refused('invitation_not_found', 'respond_to_invitation', { notificationId: 'none', accept: true })
  await respond(g, id, true)
  const [notice] = await a.ask('get_notifications')
  await a.refused('invitation_not_found', 'respond_to_invitation', { notificationId: notice.id, accept: true })
})

test('the invitations of a deleted group vanish', async (t) => {
  const { ali, group, g, invite } = await inviting(t)
  const { id } = await invite()
  await ali.delete(`/groups/${group.id}`)
  assert.deepEqual(await g.ask('get_notifications'), [])
  await g.refused('invitation_not_found', 'respond_to_invitation', { notificationId: id, accept: true })
})

test('what is done over REST is told on the socket', async (t) => {
  const { ali, guli, group, a, g } = await inviting(t)
  const sent = await ali.post(`/groups/${group.id}/invitations`, { receiverId: guli.id }, 201)
  assert.equal((await g.next('new_invitation')).id, sent.id)
  const answer = await guli.post(`/notifications/${sent.id}/respond`, { accept: true }, 200)
  assert.equal(answer.accepted, true)
  await a.next('member_joined')
  await a.next('invitation_accepted')
  assert.deepEqual(a.all('invitation_sent'), [], 'no confirmation event over REST')
  assert.deepEqual(g.all('invitation_responded'), [])
  await settled(ali, group, a)
  assert.deepEqual(g.all('group_updated'), [], 'over REST no connection enters the channel')
})
