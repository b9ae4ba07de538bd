// Behind nginx, as docs/operations.md says to configure it, and with buffering left on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call, connect, settled, transports, until, useServer } from './harness/index.js'
import { behindNginx, noNginx } from './harness/nginx.js'

if (noNginx) console.error(`skipped: the tests behind a reverse proxy, for ${noNginx}`)

const server = useServer({ env: { ZIKR_PING_INTERVAL: '1s', ZIKR_TRUSTED_PROXIES: '127.0.0.1' } })

for (const buffering of [false, true]) {
  describe(`behind nginx with buffering ${buffering ? 'on' : 'off'}`, { skip: noNginx }, () => {
    let proxy
    before(async () => {
      proxy = await behindNginx(server, { buffering })
    })
    after(async () => {
      const complaints = await proxy.stop()
      assert.deepEqual(complaints, [], 'what nginx complained of')
      assert.match(proxy.logged(), / GET \/socket\.io\/ /, 'requests are logged')
      assert.doesNotMatch(proxy.logged(), /secret-of-the-query|token=/, 'no query is')
    })

    test('a token in a query is in no log', async () => {
      await call(proxy, 'GET', '/socket.io/?EIO=4&transport=polling&token=secret-of-the-query')
      await call(proxy, 'GET', '/nowhere?token=secret-of-the-query')
    })

    for (const [name, list] of Object.entries(transports)) {
      test(`${name}: events reach both sides at once, and the connection outlives pings`, async (t) => {
        const ali = await proxy.person('Ali')
        const vali = await server.person('Vali')
        const group = await ali.zikrGroup({}, vali)
        const client = await connect(t, ali, { transports: list })
        const direct = await connect(t, vali)
        await client.join(group, 0)
        await direct.join(group, 0)
        if (name === 'upgrade') await until(() => client.socket.io.engine.transport.name === 'websocket', 'the upgrade')
        assert.equal(client.socket.io.engine.transport.name, name === 'polling' ? 'polling' : 'websocket')
        let pings = 0
        client.socket.io.on('ping', () => pings++)
        for (let n = 1; n <= 20; n++) await (n % 2 ? client : direct).ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: n })
        await until(() => pings >= 3, 'three pings')
        await settled(ali, group, client, direct)
        assert.deepEqual(client.logged(group.id), direct.logged(group.id))
        assert.equal(client.reason, undefined, 'the connection is still open')
      })
    }

    test('a long answer and a long message pass', async (t) => {
      const ali = await proxy.person('Ali')
      const client = await connect(t, ali, { transports: transports.polling })
      await client.refused('unknown_event', 'x'.repeat(90_000), {})
      assert.equal((await call(proxy, 'GET', '/openapi.json')).status, 200)
    })

    test('metrics are not shown to the world', async () => {
      assert.equal((await call(proxy, 'GET', '/metrics')).status, 404)
    })
  })
}
