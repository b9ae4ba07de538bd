// nginx in front of the server, configured with the example of docs/operations.md.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.js'
import { until } from './recorder.js'

const operations = new URL('../../docs/operations.md', import.meta.url)

// Debian keeps nginx where only root looks.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

// noNginx says why there is none; undefined if there is one. The tests install nothing.
export const noNginx = spawnSync('nginx', ['-v'], { env }).error ? 'nginx is not installed' : undefined

// examples are the configurations that operators are told to use: a site, and what several nodes need beside it.
function examples() {
  const all = [...readFileSync(operations, 'utf8').matchAll(/```nginx\n([^]*?)```/g)].map(([, text]) => text)
  assert.equal(all.length, 2, 'nginx examples in docs/operations.md')
  return all
}

// upstream is the example of several nodes, with those of the test.
function upstream(text, nodes) {
  const [first, ...others] = text.match(/^ *server .*\n/gm)
  const lines = nodes.map(({ port }) => first.replace(/[0-9.]+:[0-9]+/, `127.0.0.1:${port}`))
  return adapted(text, [[first, lines.join('')], ...others.map((line) => [line, ''])])
}

// adapted is the example with what depends on the machine put in: the addresses of
// this test, and no certificate. Every replacement must find its line.
function adapted(text, replacements) {
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `the nginx example does not say ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}

// behindNginx starts nginx before a server of the harness and returns what stands
// for that server when it is reached through nginx. buffering turns proxy_buffering on; nodes are
// those of a cluster, all of them in the place of server.
export async function behindNginx(server, { buffering, nodes } = {}) {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'zikr-nginx-'))
  mkdirSync(join(dir, 'logs'))
  const [one, several] = examples()
  const site = (nodes ? upstream(several, nodes) : '') + adapted(one, [
    ['listen 443 ssl;', `listen 127.0.0.1:${port};`],
    ['ssl_certificate     /etc/letsencrypt/live/zikr.example.org/fullchain.pem;', ''],
    ['ssl_certificate_key /etc/letsencrypt/live/zikr.example.org/privkey.pem;', ''],
    ['/var/log/nginx/', `${dir}/logs/`],
    ['http://127.0.0.1:7373', nodes ? 'http://zikr' : server.url],
    ...(buffering ? [['proxy_buffering off;', 'proxy_buffering on;']] : []),
  ])
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/${kind};`)
  const user = process.getuid?.() === 0 ? 'user root;' : '' // else its workers cannot use the folder
  writeFileSync(join(dir, 'nginx.conf'), `${user} daemon off; pid ${dir}/pid; error_log ${dir}/logs/error.log error;
events { worker_connections 512; }
http { access_log off; ${temporary.join(' ')}
${site}
}`)
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  let logged // what nginx wrote of requests, once it has ended
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    const complaints = readFileSync(join(dir, 'logs/error.log'), 'utf8').split('\n').filter((line) => line !== '')
    logged = ['access', 'error'].map((kind) => readFileSync(join(dir, `logs/zikr.${kind}.log`), 'utf8')).join('')
    rmSync(dir, { recursive: true, force: true })
    return complaints
  }
  try {
    await until(() => {
      assert.equal(child.exitCode, null, 'nginx ended while starting')
      return fetch(`${url}/readyz`).then((r) => r.ok, () => false)
    }, 'nginx to be ready')
  } catch (err) {
    await stop()
    throw err
  }
  return { url, stop, logged: () => logged, person: (...names) => server.person(...names).then((p) => Object.assign(p, { server: { url } })) }
}
