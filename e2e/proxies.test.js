// Behind nginx and Caddy, as docs/operations.md says to configure them; behind nginx with buffering left on, too.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { call, connect, settled, transports, until, useServer } from './harness/index.js'
import { behindCaddy, behindNginx, deployed, noCaddy, noNginx } from './harness/proxies.js'

for (const none of [noNginx, noCaddy]) if (none) console.error(`skipped: the tests behind a reverse proxy, for ${none}`)

const server = useServer({ env: { ZIKR_PING_INTERVAL: '1s', ZIKR_TRUSTED_PROXIES: '127.0.0.1' } })

const proxies = {
  'nginx with buffering off': { none: noNginx, start: () => behindNginx(server), line: / GET \/socket\.io\/ / },
  'nginx with buffering on': { none: noNginx, start: () => behindNginx(server, { buffering: true }), line: / GET \/socket\.io\/ / },
  Caddy: { none: noCaddy, start: () => behindCaddy(server), line: /"method":"GET",.*"uri":"\/socket\.io\/"/ },
}

test('docs/operations.md shows the files of deploy/', () => {
  const page = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
  for (const file of ['nginx/zikr.conf', 'nginx/nodes.conf', 'caddy/Caddyfile']) assert.ok(page.includes('\n' + deployed(file) + '```'), file)
})

for (const [proxied, { none, start, line }] of Object.entries(proxies)) {
  describe(`behind ${proxied}`, { skip: none }, () => {
    let proxy
    before(async () => {
      proxy = await start()
    })
    after(async () => {
      const complaints = await proxy.stop()
      assert.deepEqual(complaints, [], 'what it complained of')
      assert.match(proxy.logged(), line, 'requests are logged')
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

test('a token in a query is in no log of Caddy, also while the server is away', { skip: noCaddy }, async () => {
  const proxy = await behindCaddy({ url: 'nowhere' })
  assert.equal((await fetch(`${proxy.url}/nowhere?token=secret-of-the-query`)).status, 502)
  await proxy.stop()
  assert.match(proxy.logged(), /connection refused/)
  assert.doesNotMatch(proxy.logged(), /secret-of-the-query|token=/)
})
