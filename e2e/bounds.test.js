// What connections may take up, at the bounds themselves: who is refused how, what the log and the metrics tell. What
// attackers make of it is attack.test.js.
import assert from 'node:assert/strict'
import { connect as tcp } from 'node:net'
import { test } from 'node:test'
import { RawPolling, RawSocket, Server, connect, connectError, pause, until, within } from './harness/index.js'

async function started(t, env) {
  const server = new Server({ env: { ZIKR_RATE_LIMIT: 'on', ...env } })
  t.after(() => server.stop())
  await server.start()
  return server
}

// met is how often a bound was met.
async function met(server, bound) {
  const text = await (await fetch(`${server.observed}/metrics`)).text()
  return Number(new RegExp(`^zikr_bounds_met_total\\{bound="${bound}"\\} (\\d+)$`, 'm').exec(text)?.[1])
}

// lines are those of the log with a message.
function lines(server, message) {
  return server.log.split('\n').filter((line) => line.includes(`"msg":"${message}"`)).map((line) => JSON.parse(line))
}

const handshake = (server, query = '', headers = {}) => fetch(`${server.url}/socket.io/?EIO=4&transport=polling${query}`, { headers })

test('a user has only so many connections, in both namespaces together', async (t) => {
  const server = await started(t, { ZIKR_MAX_USER_CONNECTIONS: '3' })
  const [ali, vali] = await server.people('Ali', 'Vali')
  const clients = [await connect(t, ali), await connect(t, ali, { namespace: '/' }), await connect(t, ali)]
  const error = await connectError(server, { auth: { token: ali.token } })
  assert.equal(error.data.code, 'rate_limited')
  assert.ok(error.data.retryAfterMs > 0 && error.message.length > 0)
  assert.equal(await met(server, 'user_connections'), 1)
  await connect(t, vali)
  clients[0].close()
  await until(() => connect(t, ali).then(() => true, () => false), 'room for another')
})

test('an address has only so many connections, and only so many that never had a namespace', async (t) => {
  const server = await started(t, { ZIKR_MAX_ADDRESS_CONNECTIONS: '6', ZIKR_MAX_ADDRESS_PENDING_CONNECTIONS: '4', ZIKR_TRUSTED_PROXIES: '127.0.0.1' })
  const from = (address) => ({ 'x-forwarded-for': address })
  const refused = async (address, bound) => {
    const answer = await handshake(server, '', from(address))
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
    await answer.arrayBuffer()
    assert.ok(await met(server, bound) > 0)
    assert.ok(lines(server, 'engineio: connection refused').some((line) => line.address === address && line.bound === bound), 'a line for it')
  }
  for (let i = 0; i < 4; i++) assert.equal((await handshake(server, '', from('2001:db8::1'))).status, 200)
  await refused('2001:db8::2', 'address_pending_connections')
  assert.equal((await handshake(server, '', from('2001:db8:0:1::1'))).status, 200, 'another /64')
  const ali = await server.person()
  for (let i = 0; i < 6; i++) await (await RawSocket.open(t, server, { headers: from('192.0.2.1') })).enter(ali)
  await refused('192.0.2.1', 'address_connections')
})

test('a handshake has only so many bytes, and a second only so many handshakes', async (t) => {
  const server = await started(t, { ZIKR_MAX_HANDSHAKE: '2KB', ZIKR_ADDRESS_CONNECTS: '1', ZIKR_ADDRESS_CONNECT_BURST: '5' })
  assert.equal((await handshake(server, `&x=${'x'.repeat(3000)}`)).status, 431)
  assert.equal((await handshake(server, '', { authorization: `Bearer ${'x'.repeat(3000)}` })).status, 431)
  assert.equal(await met(server, 'handshake_bytes'), 2)
  const answers = await Promise.all(Array.from({ length: 20 }, () => handshake(server)))
  const late = answers.filter(({ status }) => status === 503)
  assert.ok(late.length >= 10, `${late.length} of 20 were refused`)
  assert.equal(late[0].headers.get('retry-after'), '1')
  assert.equal(await met(server, 'address_connects'), late.length)
})

test('who tries bad tokens again and again is closed, and the log says from where', async (t) => {
  const server = await started(t, {})
  const raw = await RawSocket.open(t, server)
  for (let i = 0; i < 11; i++) raw.send('40/zikr-app,{"token":"bad"}')
  assert.equal((await raw.ended()).code, 1008)
  assert.equal(await met(server, 'refused_connects'), 1)
  assert.match(await (await fetch(`${server.observed}/metrics`)).text(), /^zikr_refused_connects_total 11$/m)
  const said = lines(server, 'socketio: connect refused')
  assert.ok(said.length > 0 && said.every((line) => line.address === '127.0.0.1' && line.namespace === '/zikr-app'))
})

test('who goes on far above the rate is read slowly, and closed; nobody else notices', async (t) => {
  const server = await started(t, { ZIKR_MAX_REFUSALS: '5' })
  const [ali, vali] = await server.people('Ali', 'Vali')
  const good = await connect(t, vali)
  const raw = await (await RawSocket.open(t, server)).enter(ali)
  const flood = setInterval(() => { for (let i = 0; i < 50; i++) raw.send('42/zikr-app,["get_notifications"]') }, 50)
  t.after(() => clearInterval(flood))
  while (raw.open) {
    await good.ask('get_notifications')
    await pause(50)
  }
  assert.equal((await raw.ended()).code, 1008)
  assert.ok(await met(server, 'refusals') > 0)
  await until(() => lines(server, 'socketio: connection closed').some((line) => line.user === ali.id && line.reason === 'flood' && line.address === '127.0.0.1'), 'a line for it')
  const text = await (await fetch(`${server.observed}/metrics`)).text()
  assert.match(text, /^zikr_connections_closed_total\{reason="flood"\} 1$/m)
})

test('who does not read is closed, and the log says who', async (t) => {
  const server = await started(t, { ZIKR_RATE_LIMIT: 'off', ZIKR_MAX_QUEUE: '100000' })
  const ali = await server.person('Ali')
  const raw = await (await RawSocket.open(t, server)).enter(ali)
  raw.ws.pause()
  await until(() => {
    for (let i = 0; i < 500; i++) raw.send('42/zikr-app,["explode"]')
    return lines(server, 'socketio: connection closed').some((line) => line.user === ali.id && line.reason === 'slow consumer' && line.address === '127.0.0.1')
  }, 'a line for it')
})

test('what is kept for recovery is bounded by user: who drops much comes back with since', async (t) => {
  const server = await started(t, { ZIKR_RATE_LIMIT: 'off', ZIKR_MAX_USER_RECOVERY: '40KB' })
  const ali = await server.person('Ali')
  for (let i = 0; i < 4; i++) {
    const raw = await (await RawSocket.open(t, server)).enter(ali)
    for (let k = 0; k < 400; k++) raw.send(`42/zikr-app,${k}["get_notifications"]`)
    await raw.next(/^43\/zikr-app,399\[/)
    raw.ws.terminate()
  }
  await until(async () => (await met(server, 'user_recovery_bytes')) > 0, 'the bound to be met')
  const text = await (await fetch(`${server.observed}/metrics`)).text()
  assert.ok(Number(/^zikr_recovery_bytes (\d+)$/m.exec(text)[1]) <= 40 << 10)
  assert.ok(lines(server, 'socketio: not kept for recovery').some((line) => line.user === ali.id))
})

test('half a message is bounded by address', async (t) => {
  const server = await started(t, { ZIKR_MAX_ADDRESS_INCOMING: '200KB' })
  const polling = []
  for (let i = 0; i < 4; i++) polling.push(await RawPolling.open(server))
  const answers = polling.map(({ sid }) => new Promise((resolve) => {
    const socket = tcp(server.port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.on('data', (data) => resolve(String(data))).on('error', () => {})
    socket.write(`POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 99000\r\n\r\n4${'x'.repeat(90_000)}`)
  }))
  assert.match(await within(Promise.any(answers), 'a refusal'), /^HTTP\/1\.1 503/)
  assert.ok(await met(server, 'address_incoming_bytes') > 0)
})

test('an upgrade that breaks off in the middle of a message gives back what came of it, and no more', async (t) => {
  const server = await started(t, {})
  const incoming = async () => Number(/^zikr_incoming_bytes (-?\d+)$/m.exec(await (await fetch(`${server.observed}/metrics`)).text())[1])
  const polling = await RawPolling.open(server)
  const upgrade = new RawSocket(server, `&sid=${polling.sid}`, {}, true)
  t.after(() => upgrade.ws.terminate())
  await within(upgrade.connected, 'the WebSocket to open')
  upgrade.ws.send(`4${'x'.repeat(50_000)}`, { fin: false })
  await until(async () => await incoming() >= 50_000, 'a part of the message to be counted')
  while ((await polling.post('6')).status === 200) { // until a poll that broke off has ended the session
    const poll = new AbortController()
    const broken = fetch(`${polling.url}&sid=${polling.sid}`, { signal: poll.signal }).catch(() => {})
    await pause(50)
    poll.abort()
    await broken
  }
  await until(async () => await incoming() === 0, 'nothing to be counted any more')
})

test('pings and fragments of WebSocket count as packets: who sends them without end is closed', async (t) => {
  const server = await started(t, {})
  await Promise.all([(ws) => ws.ping(), (ws) => ws.send('', { fin: false })].map(async (send) => {
    const raw = await RawSocket.open(t, server)
    const flood = setInterval(() => { for (let i = 0; i < 50 && raw.open; i++) send(raw.ws) }, 50)
    t.after(() => clearInterval(flood))
    assert.equal((await raw.ended()).code, 1008)
  }))
  assert.ok(await met(server, 'pending_packets') > 0)
})

test('a WebSocket whose Connection header is in several lines is let in', async (t) => {
  const server = await started(t, {})
  const socket = tcp(server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  const answer = new Promise((resolve) => socket.once('data', (data) => resolve(String(data))))
  socket.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
  assert.match(await within(answer, 'the answer'), /^HTTP\/1\.1 101/)
})
