// Bad input, as real frames. What is malformed closes its own connection; what is
// merely wrong is answered; and nobody else notices either.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { Client, RawPolling, RawSocket, connect, exchange, useServer, within } from './harness/index.js'

// The witness is a member whose connection and group must never notice anything.
let group, witness
let counted = 0
const server = useServer({}, async () => {
  const ali = await server.person('Guvoh')
  group = await ali.zikrGroup({ goal: 100 })
  witness = new Client(server, ali)
  await witness.opened()
  await witness.join(group)
  return () => witness.close()
})

// undisturbed shows that the witness is served as before: confirmed, told, in order.
async function undisturbed() {
  counted += 1
  const { totalCount } = await witness.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })
  assert.equal(totalCount, counted, 'nobody else counted')
  await witness.next('zikr_count_updated', (e) => e.totalCount === totalCount)
  assert.deepEqual(witness.violations, [])
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
}

const inside = async (t) => (await RawSocket.open(t, server)).enter(await server.person())

// sized is a harmless event of so many bytes.
function sized(bytes) {
  const around = ['42/zikr-app,1["join_group",{"groupId":"x","pad":"', '"}]']
  return around.join('y'.repeat(bytes - around.join('').length))
}

const placeholder = '{"_placeholder":true,"num":0}'
const closing = {
  'an event before CONNECT': { frames: ['42/zikr-app,["get_notifications"]'], outside: true },
  'an event of the main namespace before CONNECT': { frames: ['42["get_notifications"]'], outside: true },
  'a DISCONNECT before CONNECT, then an event': { frames: ['41/zikr-app,', '42/zikr-app,["x"]'], outside: true },
  'an event for a namespace that is not connected': { frames: ['42["get_notifications"]'] },
  'an unknown packet type': { frames: ['47/zikr-app,["x"]'] },
  'packet type 9': { frames: ['49'] },
  'a packet type that is no digit': { frames: ['4x'] },
  'an empty Socket.IO packet': { frames: ['4'] },
  'an unknown Engine.IO type': { frames: ['9'] },
  'an Engine.IO type that is no digit': { frames: ['hello'] },
  'an empty frame': { frames: [''] },
  'JSON that does not end': { frames: ['42/zikr-app,["get_notifications"'] },
  'JSON with something after it': { frames: ['42/zikr-app,["get_notifications"]x'] },
  'no JSON': { frames: ['42/zikr-app,get_notifications'] },
  'an event without a payload': { frames: ['42/zikr-app,'] },
  'an event that is an object': { frames: ['42/zikr-app,{"0":"get_notifications"}'] },
  'an event that is a string': { frames: ['42/zikr-app,"get_notifications"'] },
  'an event that is null': { frames: ['42/zikr-app,null'] },
  'an empty event': { frames: ['42/zikr-app,[]'] },
  'an ack that is no list': { frames: ['43/zikr-app,1{}'] },
  'a CONNECT whose payload is no object': { frames: ['40/zikr-app,["x"]'], outside: true },
  'a CONNECT whose payload is no JSON': { frames: ['40/zikr-app,{token'], outside: true },
  'a binary event': { frames: [`451-/zikr-app,["get_notifications",${placeholder}]`, Buffer.from([1, 2, 3])] },
  'a binary event with its attachment missing': { frames: [`451-/zikr-app,["get_notifications",${placeholder}]`, '42/zikr-app,["x"]'] },
  'a placeholder that points nowhere': { frames: ['451-/zikr-app,["x",{"_placeholder":true,"num":7}]', Buffer.from([1])] },
  'a billion attachments': { frames: ['45999999999-/zikr-app,["x"]'] },
  'attachments without a number': { frames: ['45-/zikr-app,["x"]'] },
  'a binary ack': { frames: [`461-/zikr-app,1[${placeholder}]`, Buffer.from([1])] },
  'a binary frame where text is due': { frames: [Buffer.from('42/zikr-app,["get_notifications"]')] },
  'one byte more than maxPayload': { frames: [sized(100_001)] },
  'a megabyte': { frames: [`42/zikr-app,["${'x'.repeat(1_000_000)}"]`] },
  'JSON that nests without end': { frames: [`42/zikr-app,["get_notifications",${'['.repeat(49_000)}`] },
  'bytes that are not UTF-8': { frames: [], bytes: Buffer.from([0x34, 0x32, 0xff, 0xfe, 0xc0, 0x80]) },
}

for (const [what, { frames, outside, bytes }] of Object.entries(closing)) {
  test(`${what} closes that connection, and no other`, async (t) => {
    const raw = outside ? await RawSocket.open(t, server) : await inside(t)
    for (const frame of frames) raw.send(frame)
    if (bytes) raw.ws.send(bytes, { binary: false })
    const { code } = await raw.ended(5_000)
    assert.ok(code >= 1000, `closed with ${code}`)
    await undisturbed()
  })
}

const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
const staying = {
  'a stray ack': { frame: '43/zikr-app,77["x"]' },
  'a stray ack with a large id': { frame: '43/zikr-app,9007199254740991[]' },
  'an unknown event': { frame: '42/zikr-app,1["dance"]', answer: 'unknown_event' },
  'an event whose name is a number': { frame: '42/zikr-app,1[5]', answer: 'unknown_event' },
  'a payload that is a list': { frame: '42/zikr-app,1["join_group",[]]', answer: 'invalid_payload' },
  'a payload that nests deeply': { frame: `42/zikr-app,1["join_group",${deep}]`, answer: 'invalid_payload' },
  'a field that nests deeply': { frame: `42/zikr-app,1["join_group",{"groupId":${deep}}]`, answer: 'invalid_payload' },
  'no payload': { frame: '42/zikr-app,1["join_group"]', answer: 'invalid_payload' },
  'a foreign id': { frame: '42/zikr-app,1["join_group",{"groupId":"00000000-0000-7000-8000-000000000000"}]', answer: 'not_member' },
  'an id with quotes': { frame: `42/zikr-app,1["join_group",{"groupId":"' OR 1=1; --"}]`, answer: 'not_member' },
  'an id with a NUL': { frame: '42/zikr-app,1["join_group",{"groupId":"x\\u0000"}]', answer: 'invalid_payload' },
  'a path for an id': { frame: '42/zikr-app,1["join_group",{"groupId":"../../etc/passwd"}]', answer: 'not_member' },
  'half a surrogate pair': { frame: '42/zikr-app,1["join_group",{"groupId":"\\ud800"}]', answer: 'not_member' },
  'a field of another case': { frame: '42/zikr-app,1["join_group",{"GroupID":"x"}]', answer: 'invalid_payload' },
  'a prototype': { frame: '42/zikr-app,1["join_group",{"__proto__":{"groupId":"x"}}]', answer: 'invalid_payload' },
  'a message of maxPayload to the byte': { frame: sized(100_000), answer: 'not_member' },
  'a count beyond every integer': { frame: '42/zikr-app,1["update_zikr_count",{"groupId":"x","zikrId":"x","count":1e999}]', answer: 'count_out_of_range' },
  'a since beyond every integer': { frame: '42/zikr-app,1["join_group",{"groupId":"x","since":123456789012345678901234567890}]', answer: 'not_member' },
}

for (const [what, { frame, answer }] of Object.entries(staying)) {
  test(`${what} is ${answer ?? 'ignored'}, and the connection stays`, async (t) => {
    const raw = await inside(t)
    raw.send(frame)
    if (answer) assert.match(await raw.next(/^43\/zikr-app,1\[/), new RegExp(`"code":"${answer}"`))
    raw.send('42/zikr-app,2["get_notifications"]')
    assert.match(await raw.next(/^43\/zikr-app,2\[/), /"ok":true/)
    assert.ok(raw.open)
    await undisturbed()
  })
}

// closed reads what was still waiting for a polling session until it is no more.
async function closed(polling) {
  for (let polls = 0; ; polls++) {
    const { status, text } = await within(polling.get(), 'the poll to end')
    if (status === 400) return
    assert.ok(polls < 3, `the session goes on: ${status} ${text}`)
  }
}

test('polling: bodies that are no packets close that session', async () => {
  const person = await server.person()
  for (const body of ['x', '', '42', '4\x1e', '\x1e\x1e', `40/zikr-app,{"token":"${person.token}"}\x1enonsense`, 'bAQID', 'b!!!!']) {
    const polling = await RawPolling.open(server)
    const { status } = await polling.post(body)
    assert.ok(status === 400 || status === 200, `${JSON.stringify(body)}: ${status}`)
    await closed(polling)
  }
  await undisturbed()
})

test('polling: a body above maxPayload is refused and closes that session', async () => {
  const polling = await RawPolling.open(server)
  const { status } = await polling.post(`4${'x'.repeat(200_000)}`).catch(() => ({ status: 413 }))
  assert.ok([400, 413].includes(status), `${status}`)
  assert.equal((await polling.get()).status, 400)
  await undisturbed()
})

test('polling: a second poll at once closes that session', async () => {
  const polling = await RawPolling.open(server)
  const person = await server.person()
  await polling.post(`40/zikr-app,{"token":"${person.token}"}`)
  for (let text = ''; !text.includes('connection_status');) text += (await polling.get()).text // all that waited was read
  const both = await within(Promise.all([polling.get(), polling.get()]), 'both polls to end')
  assert.ok(both.some(({ status }) => status === 400), JSON.stringify(both.map((b) => b.status)))
  assert.equal((await polling.get()).status, 400)
  await undisturbed()
})

test('polling: a session that is unknown or somebody else\'s guess', async () => {
  for (const sid of ['unknown', 'x'.repeat(5000), '../..', '%00', "' OR 1=1"]) {
    const polling = new RawPolling(server)
    for (const method of ['GET', 'POST']) {
      const { status, text } = await polling.request(method, method === 'POST' ? '40' : undefined, { sid: encodeURIComponent(sid) })
      assert.ok(status === 400 || status === 414 || status === 431, `${sid.slice(0, 20)}: ${status}`)
      if (status === 400) assert.equal(JSON.parse(text).code, 1, text)
    }
  }
})

test('polling: other methods are refused', async () => {
  const polling = await RawPolling.open(server)
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const { status } = await polling.request(method, 'x')
    assert.ok(status === 400 || status === 405, `${method}: ${status}`)
  }
})

test('upgrade: a probe that is none, and an upgrade that never ends, leave the session alone', async (t) => {
  const person = await server.person()
  const polling = await RawPolling.open(server)
  for (const frames of [['2hello'], ['4hello'], ['5'], ['2probe', '2probe'], [Buffer.from([1, 2])], ['']]) {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${polling.sid}`)
    t.after(() => ws.terminate())
    await within(new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject)), 'open')
    const closed = new Promise((resolve) => ws.once('close', resolve))
    for (const frame of frames) ws.send(frame)
    ws.close()
    await within(closed, 'the WebSocket to close')
  }
  await polling.post(`40/zikr-app,{"token":"${person.token}"}`)
  let text = ''
  while (!text.includes('connection_status')) {
    const answer = await within(polling.get(), 'a poll')
    assert.equal(answer.status, 200, answer.text)
    text += answer.text
  }
  await undisturbed()
})

test('upgrade: nobody upgrades a session that is not there', async (t) => {
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=unknown`)
  t.after(() => ws.terminate())
  const outcome = await within(new Promise((resolve) => {
    ws.once('unexpected-response', (_, response) => resolve(response.statusCode)).once('open', () => ws.once('close', resolve)).once('error', () => {})
  }), 'an answer')
  assert.ok(outcome === 400 || outcome >= 1000, `${outcome}`)
})

test('HTTP that is none', async () => {
  const requests = [
    'nonsense\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n', 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(2_000_000)}\r\n\r\n`,
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n\r\n',
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n',
  ]
  for (const request of requests) {
    const text = await exchange(server, request)
    assert.ok(text === '' || /^HTTP\/1\.[01] (4\d\d|505)/.test(text), `${request.slice(0, 60)}: ${text.slice(0, 200)}`)
  }
  await undisturbed()
})

test('a WebSocket frame against the protocol closes that connection', async (t) => {
  const frames = {
    'not masked': Buffer.from([0x81, 0x02, 0x34, 0x31]),
    'a reserved opcode': Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
    'a reserved bit': Buffer.from([0xc1, 0x80, 0, 0, 0, 0]),
    'a ping of 126 bytes': Buffer.concat([Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), Buffer.alloc(126)]),
    'a continuation of nothing': Buffer.from([0x80, 0x81, 0, 0, 0, 0, 0x34]),
    'a length of 2^63': Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    'a length of 2^40': Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  }
  for (const [what, bytes] of Object.entries(frames)) {
    const raw = await inside(t)
    raw.ws._socket.write(bytes)
    await raw.ended(5_000).catch((error) => assert.fail(`${what}: ${error.message}`))
  }
  await undisturbed()
})

test('fragments that together exceed maxPayload close that connection', async (t) => {
  const raw = await inside(t)
  for (let i = 0; i < 12 && raw.open; i++) raw.ws.send('x'.repeat(10_000), { fin: false })
  await raw.ended(5_000)
  await undisturbed()
})

test('a message in fragments is one message', async (t) => {
  const raw = await inside(t)
  const message = '42/zikr-app,5["get_notifications"]'
  for (const [i, char] of [...message].entries()) raw.ws.send(char, { fin: i === message.length - 1 })
  assert.match(await raw.next(/^43\/zikr-app,5/), /"ok":true/)
})

test('hundreds of bad connections at once leave the witness alone', async (t) => {
  const person = await server.person()
  const bad = ['42["x"]', '4', '40/zikr-app,{', `40/zikr-app,{"token":"${person.token}"}`, '9', '']
  const storm = Promise.all(Array.from({ length: 150 }, async (_, i) => {
    const raw = await RawSocket.open(t, server)
    raw.send(bad[i % bad.length])
    if (i % 2) raw.ws.terminate()
    else if (i % bad.length !== 3) await raw.ended()
    else raw.ws.close()
  }))
  for (let n = 0; n < 10; n++) await undisturbed()
  await storm
  await undisturbed()
})

test('two members, one of whom talks nonsense', async (t) => {
  const vali = await server.person('Vali')
  await vali.post(`/groups/${group.id}/join`)
  const v = await connect(t, vali)
  await v.join(group)
  v.socket.io.engine.write('nonsense')
  await v.ended()
  await undisturbed()
})
