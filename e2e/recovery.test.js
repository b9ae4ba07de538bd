// Connection state recovery: a client that returns soon to the same node has its
// session, its channels and what it missed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawPolling, RawSocket, connect, settled, transports, useServer, within } from './harness/index.js'

const server = useServer()
const quick = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0 }

const reconnected = (client) => within(new Promise((resolve) => client.socket.io.once('reconnect', resolve)), 'the reconnection')

// enter sends CONNECT with what a returning client sends, and returns the session it got.
async function enter(raw, payload) {
  raw.send(`40/zikr-app,${JSON.stringify(payload)}`)
  return JSON.parse((await raw.next(/^40\/zikr-app,/)).slice('40/zikr-app,'.length))
}

// events parses the events that a raw connection got: [name, payload, offset].
const events = (raw) => raw.frames.items.filter((f) => /^42/.test(f)).map((f) => JSON.parse(f.slice('42/zikr-app,'.length)))

// session opens a raw connection in a group's channel and returns what it needs to come back.
async function session(t, person, group) {
  const raw = await RawSocket.open(t, server)
  const { sid, pid } = await enter(raw, { token: person.token })
  assert.ok(sid && pid, 'a session id and a private id')
  raw.send(`42/zikr-app,1["join_group",{"groupId":"${group.id}"}]`)
  await raw.next(/^43\/zikr-app,1/)
  const offset = events(raw).at(-1)[2]
  assert.equal(typeof offset, 'string', 'the offset is one more last argument')
  return { raw, sid, pid, offset }
}

for (const [name, list] of Object.entries({ websocket: transports.websocket, upgrade: transports.upgrade })) {
  test(`a client over ${name} that drops comes back by itself and missed nothing`, async (t) => {
    const [ali, vali] = await server.people('Ali', 'Vali')
    const group = await ali.zikrGroup({}, vali)
    const a = await connect(t, ali)
    await a.join(group, 0)
    const v = await connect(t, vali, { ...quick, transports: list })
    await v.join(group, 0)
    if (list === transports.upgrade && v.socket.io.engine.transport.name !== 'websocket') await within(new Promise((resolve) => v.socket.io.engine.once('upgrade', resolve)), 'the upgrade')
    const { id } = v.socket
    for (let round = 0; round < 3; round++) {
      const back = reconnected(v)
      v.drop()
      for (let n = 0; n < 5; n++) await a.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })
      await back
      await v.next('connection_status', (e) => e.status === 'connected')
      assert.equal(v.socket.recovered, true)
      assert.equal(v.socket.id, id, 'the same session id')
      await settled(ali, group, a, v)
      assert.deepEqual(v.logged(group.id), a.logged(group.id))
    }
    assert.deepEqual(a.all('user_offline'), [])
    assert.equal(a.all('user_online').length, 1, 'it does not flicker')
  })
}

test('what was missed comes after the CONNECT packet, in order, with offsets', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const { raw, sid, pid, offset } = await session(t, vali, group)
  raw.ws.terminate()
  for (let n = 1; n <= 4; n++) await ali.post(`/groups/${group.id}/bookings`, { poraId: String(n) })
  const back = await RawSocket.open(t, server)
  assert.deepEqual(await enter(back, { token: vali.token, pid, offset }), { sid, pid })
  await back.next(/"connected"/)
  await back.next(/"poraId":"4"/)
  const told = events(back).filter(([name]) => name === 'pora_booked')
  assert.deepEqual(told.map(([, data]) => data.poraId), ['1', '2', '3', '4'])
  assert.equal(new Set(told.map(([, , at]) => at)).size, 4, 'each with an offset of its own')

  back.ws.terminate()
  const last = await RawSocket.open(t, server)
  await enter(last, { token: vali.token, pid, offset: told[1][2] })
  await last.next(/"poraId":"4"/)
  assert.deepEqual(events(last).filter(([name]) => name === 'pora_booked').map(([, data]) => data.poraId), ['3', '4'], 'from any offset')
})

test('a session is recovered also while its old connection still looks open, which is closed', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const { raw, sid, pid, offset } = await session(t, vali, group)
  const back = await RawSocket.open(t, server)
  assert.equal((await enter(back, { token: vali.token, pid, offset })).sid, sid)
  await raw.ended()
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '1' })
  await back.next(/"pora_booked"/)
})

test('a polling session is recovered too', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const { raw, sid, pid, offset } = await session(t, vali, group)
  raw.ws.terminate()
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '1' })
  const polling = await RawPolling.open(server)
  await polling.post(`40/zikr-app,${JSON.stringify({ token: vali.token, pid, offset })}`)
  let text = ''
  while (!text.includes('"pora_booked"')) text += (await within(polling.get(), 'a poll')).text
  assert.ok(text.includes(sid))
})

test('an unknown pid, or somebody else\'s, gets a fresh session; a bad token none', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const { raw, sid, pid, offset } = await session(t, vali, group)
  raw.ws.terminate()
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '1' })
  for (const [person, claimed] of [[vali, { pid: 'unknown', offset }], [ali, { pid, offset }], [vali, { pid: 5, offset }], [vali, { offset }]]) {
    const other = await RawSocket.open(t, server)
    const fresh = await enter(other, { token: person.token, ...claimed })
    assert.notEqual(fresh.sid, sid)
    assert.notEqual(fresh.pid, pid)
    await other.next(/"connected"/)
    other.send('42/zikr-app,9["get_notifications"]')
    await other.next(/^43\/zikr-app,9/)
    assert.ok(!events(other).some(([name]) => name === 'pora_booked'))
  }
  const bad = await RawSocket.open(t, server)
  bad.send(`40/zikr-app,${JSON.stringify({ token: 'bad', pid, offset })}`)
  assert.match(await bad.next(/^44\/zikr-app,/), /"unauthenticated"/)
  const still = await RawSocket.open(t, server)
  assert.equal((await enter(still, { token: vali.token, pid, offset })).sid, sid, 'it is still there for its owner')
})

test('after a DISCONNECT packet there is nothing to recover', async (t) => {
  const vali = await server.person('Vali')
  const group = await vali.quranGroup()
  const { raw, sid, pid, offset } = await session(t, vali, group)
  raw.send('41/zikr-app,')
  raw.send('42/zikr-app,["x"]') // an event without a namespace closes: then the DISCONNECT was seen
  await raw.ended()
  const back = await RawSocket.open(t, server)
  assert.notEqual((await enter(back, { token: vali.token, pid, offset })).sid, sid)
})

test('events of a group that the user has left meanwhile are not sent', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const { raw, sid, pid, offset } = await session(t, vali, group)
  raw.ws.terminate()
  await vali.post(`/groups/${group.id}/leave`, undefined, 204)
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '1' })
  const back = await RawSocket.open(t, server)
  assert.equal((await enter(back, { token: vali.token, pid, offset })).sid, sid)
  await back.next(/"connected"/)
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '2' })
  back.send('42/zikr-app,9["get_notifications"]')
  await back.next(/^43\/zikr-app,9/)
  assert.ok(!events(back).some(([name, data]) => name === 'pora_booked' && data.groupId === group.id))
})

test('after a restart it is a fresh session, and since tells what was missed', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const { sid, pid, offset } = await session(t, vali, group)
  await server.restart()
  await ali.post(`/groups/${group.id}/bookings`, { poraId: '1' })
  const back = await RawSocket.open(t, server)
  assert.notEqual((await enter(back, { token: vali.token, pid, offset })).sid, sid)
  back.send(`42/zikr-app,1["join_group",{"groupId":"${group.id}","since":1}]`)
  await back.next(/^43\/zikr-app,1/)
  assert.equal(events(back).filter(([name]) => name === 'pora_booked').length, 1)
})
