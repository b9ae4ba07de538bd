// Much at once, without rate limits: 1,500 events are taken as they come, on any transport. None is refused,
// however many are under way already; and both namespaces of a connection are told when the server ends.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawPolling, RawSocket, Server, connect, namespaces, transports, until, useServer, within } from './harness/index.js'

const MANY = 1_500
const server = useServer({ env: { ZIKR_LOG_LEVEL: 'info' } })

for (const [name, list] of Object.entries(transports)) {
  test(`${MANY} events at once over ${name}`, async (t) => {
    const ali = await server.person('Ali')
    const group = await ali.zikrGroup({})
    const client = await connect(t, ali, { transports: list })
    const acks = await within(Promise.all(Array.from({ length: MANY }, () =>
      client.socket.emitWithAck('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 }))), 'all acks', 60_000)
    assert.deepEqual(acks.filter((ack) => !ack.ok).slice(0, 3), [])
    assert.equal((await ali.snapshot(group)).zikrs[0].totalCount, MANY)
    assert.equal(client.reason, undefined)
  })
}

test(`${MANY} events in bodies as large as they may be, as the Swift client sends them`, async () => {
  const ali = await server.person('Ali')
  const group = await ali.zikrGroup({})
  const polling = await RawPolling.open(server, { query: '&b64=1' })
  await polling.post(`40/zikr-app,${JSON.stringify({ token: ali.token })}`)
  let confirmed = 0
  const listening = (async () => {
    while (confirmed < MANY) {
      const { status, text } = await polling.get()
      assert.equal(status, 200, text)
      confirmed += text.split('\x1e').filter((packet) => /^43\/zikr-app,\d+\[\{"ok":true/.test(packet)).length
      assert.doesNotMatch(text, /rate_limited/)
    }
  })()
  const event = (i) => `42/zikr-app,${i}${JSON.stringify(['update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 }])}`
  for (let i = 0; i < MANY; i += 500) {
    const answer = await polling.post(Array.from({ length: 500 }, (_, k) => event(i + k)).join('\x1e'))
    assert.deepEqual([answer.status, answer.text], [200, 'ok'])
  }
  await within(listening, 'all acks', 60_000)
})

test('both namespaces of a connection are told draining, and there is time to read it', async (t) => {
  const ending = new Server()
  t.after(() => ending.stop())
  await ending.start()
  const ali = await ending.person('Ali')
  const sockets = []
  for (let i = 0; i < 20; i++) {
    const raw = await RawSocket.open(t, ending, { silent: i % 2 === 0 })
    for (const namespace of namespaces) await raw.enter(ali, namespace)
    raw.ws.on('message', (data) => { if (String(data).includes('draining')) raw.told = performance.now() })
    raw.ws.on('close', () => (raw.over = performance.now()))
    sockets.push(raw)
  }
  ending.signal('SIGTERM')
  await Promise.all(sockets.map((raw) => raw.ended()))
  for (const [i, raw] of sockets.entries()) {
    const told = raw.frames.items.filter((frame) => frame.includes('"draining"')).map((frame) => frame.slice(0, 3)).sort()
    assert.deepEqual(told, ['42/', '42['], `connection ${i}`)
    assert.ok(raw.over - raw.told > 50, `connection ${i} ended ${raw.over - raw.told} ms after the last event`)
  }
  await until(() => !ending.running, 'the end')
})
