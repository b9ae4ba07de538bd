// Engine.IO 3 and Socket.IO 4, by the official client of that time: what the
// older Swift and JavaScript clients speak.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import io from 'socket.io-client-v2'
import { Client, connect, namespaces, settled, transports, until, useServer, within } from './harness/index.js'

const server = useServer()

// old opens a socket of the old client. It has no auth: the token is in a query.
function old(namespace, options) {
  return io(server.url + namespace, { path: '/socket.io', forceNew: true, reconnection: false, transports: transports.websocket, ...options })
}

// recorded makes a Client of an old socket, which has no onAny.
function recorded(t, person, socket) {
  socket.onAny = (listener) => {
    const { onevent } = socket
    socket.onevent = (packet) => {
      listener(...packet.data)
      onevent.call(socket, packet)
    }
  }
  const client = new Client(server, person, { socket })
  t.after(() => client.close())
  return client
}

for (const namespace of namespaces) {
  for (const [name, list] of Object.entries(transports)) {
    test(`the old client in ${namespace} over ${name}`, async (t) => {
      const [ali, vali] = await server.people('Ali', 'Vali')
      const group = await ali.zikrGroup({}, vali)
      const a = await connect(t, ali)
      await a.join(group, 0)
      const v = recorded(t, vali, old(namespace, { transports: list, query: { token: vali.token } }))
      await v.opened()
      await v.join(group, 0)
      for (let n = 0; n < 10; n++) await v.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })
      await v.refused('unknown_event', 'dance', {})
      await settled(ali, group, a, v)
      assert.deepEqual(v.logged(group.id), a.logged(group.id), 'both clients see the same')
      v.socket.disconnect()
      await a.next('user_offline', (e) => e.userId === vali.id)
    })
  }
}

async function channels() {
  return server.metric('zikr_channels')
}

test('an old client that is lost keeps no place, but has the grace that all have', async (t) => {
  await until(async () => (await channels()) === 0, 'the channels of other tests to go')
  const [ali, vali] = await server.people('Ali', 'Vali')
  const [shared, alone] = [await ali.zikrGroup({}, vali), await vali.zikrGroup({})]
  const a = await connect(t, ali)
  await a.join(shared)
  const v = recorded(t, vali, old('/', { query: { token: vali.token } }))
  await v.opened()
  await v.join(shared)
  await v.join(alone)
  v.socket.io.engine.transport.ws.terminate()
  const lost = performance.now()
  await until(async () => (await channels()) === 1, 'the channel that nobody is in to go')
  await a.next('user_offline', (e) => e.userId === vali.id)
  assert.ok(performance.now() - lost > 3500, 'the others are told when the grace is over')
})

test('the query of a namespace counts as auth, before the handshake\'s', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const v = recorded(t, vali, old(`/zikr-app?token=${vali.token}`, { query: { token: ali.token } }))
  await v.opened()
})

test('the handshake of protocol 3 opens the main namespace by itself', async () => {
  const ali = await server.person('Ali')
  const response = await fetch(`${server.url}/socket.io/?EIO=3&transport=polling&token=${ali.token}`)
  assert.equal(response.status, 200)
  const text = await response.text()
  assert.match(text, /^\d+:0\{"sid":"[^"]+","upgrades":\["websocket"\],"pingInterval":25000,"pingTimeout":20000/, 'length-prefixed')
  const sid = /"sid":"([^"]+)"/.exec(text)[1]
  const next = await within(fetch(`${server.url}/socket.io/?EIO=3&transport=polling&sid=${sid}`), 'the first poll')
  assert.match(text + (await next.text()), /\d+:40/)
})

test('without a valid token the old client gets an ERROR packet', async (t) => {
  const expired = server.token({ sub: 'x', exp: 1 })
  for (const namespace of namespaces) {
    for (const [query, code] of [[{}, 'unauthenticated'], [{ token: 'bad' }, 'unauthenticated'], [{ token: expired }, 'token_expired']]) {
      const socket = old(namespace, { query })
      t.after(() => socket.disconnect())
      const error = await within(new Promise((resolve) => socket.once('error', resolve)), 'the error')
      assert.equal(error.code, code, `${namespace} ${JSON.stringify(error)}`)
      assert.ok(error.message.length > 0)
    }
  }
})
