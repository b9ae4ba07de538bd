// HTTPS in process: the official client over TLS, on each transport.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Server, dial, freePort, transports, until, within } from './harness/index.js'

const none = spawnSync('openssl', ['version']).error ? 'openssl, which makes its certificate, is not installed' : undefined
if (none) console.error(`skipped: the tests over TLS, for ${none}`)

describe('over TLS', { skip: none }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'zikr-tls-'))
  const cert = join(dir, 'cert.pem')
  const key = join(dir, 'key.pem')
  const server = new Server()
  let ca, child, exited, url

  before(async () => {
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert])
    assert.equal(made.status, 0, String(made.stderr))
    ca = readFileSync(cert)
    const port = await freePort()
    url = `https://127.0.0.1:${port}`
    child = spawn(process.env.ZIKR_TEST_BINARY, ['serve'], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH, ZIKR_ADDR: `127.0.0.1:${port}`, ZIKR_DATA_DIR: server.dataDir, ZIKR_JWT_SECRET: server.secret, ZIKR_JWT_PROVISION: 'true',
        ZIKR_PING_INTERVAL: '500ms', ZIKR_TLS_CERT: cert, ZIKR_TLS_KEY: key,
      },
    })
    exited = new Promise((resolve) => child.once('exit', resolve))
    await until(() => new Promise((resolve) => {
      https.get(`${url}/readyz`, { ca }, (r) => resolve(r.resume().statusCode === 200)).on('error', () => resolve(false))
    }), 'the server to be ready', 30_000)
  })
  after(async () => {
    child?.kill('SIGTERM')
    const status = await exited
    rmSync(dir, { recursive: true, force: true })
    rmSync(server.dataDir, { recursive: true, force: true })
    assert.equal(status, 0, 'exit status after SIGTERM')
  })

  for (const [name, list] of Object.entries(transports)) {
    test(`${name}: events, acks and pings`, async (t) => {
      const token = server.token({ sub: `u-${name}`, name: 'Ali', surname: 'Valiyev', email: `${name}@example.org` })
      const socket = dial({ url }, { transports: list, auth: { token }, ca })
      t.after(() => socket.disconnect())
      const [status] = await within(new Promise((resolve, reject) => {
        socket.once('connection_status', (...args) => resolve(args))
        socket.once('connect_error', reject)
      }), 'connection_status')
      assert.deepEqual({ status: status.status, userId: status.userId }, { status: 'connected', userId: `u-${name}` })
      if (name === 'upgrade') await until(() => socket.io.engine.transport.name === 'websocket', 'the upgrade')
      let pings = 0
      socket.io.on('ping', () => pings++)
      for (let n = 0; n < 10; n++) assert.deepEqual(await socket.timeout(5000).emitWithAck('get_notifications'), { ok: true, data: [] })
      await until(() => pings >= 2, 'two pings')
      assert.equal(socket.connected, true)
    })
  }
})
