// Reverse proxies in front of the server, configured with the files of deploy/ that operators are told to use.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.js'
import { until } from './recorder.js'

// Debian keeps nginx where only root looks.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

// noNginx and noCaddy say why there is none; undefined if there is one. The tests install nothing.
export const noNginx = spawnSync('nginx', ['-v'], { env }).error ? 'nginx is not installed' : undefined
export const noCaddy = spawnSync('caddy', ['version'], { env }).error ? 'caddy is not installed' : undefined

// deployed is a configuration that operators are told to use.
export const deployed = (file) => readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8')

// upstream is the file of several nodes, with those of the test.
function upstream(text, nodes) {
  const [first, ...others] = text.match(/^ *server .*\n/gm)
  const lines = nodes.map(({ port }) => first.replace(/[0-9.]+:[0-9]+/, `127.0.0.1:${port}`))
  return adapted(text, [[first, lines.join('')], ...others.map((line) => [line, ''])])
}

// adapted is a file with what depends on the machine put in: the addresses of this test, and no
// certificate. Every replacement must find its line.
function adapted(text, replacements) {
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `the file does not say ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}

// behind starts a proxy before a server of the harness, and returns what stands for that server when it is
// reached through the proxy. configure makes its configuration in a folder, of the port, and returns its command line; logs
// reads what it wrote of requests, complaints what it had to say against it.
async function behind(server, { configure, logs, complaints }) {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'zikr-proxy-'))
  const [program, ...args] = configure(dir, port)
  const child = spawn(program, args, { env: { ...env, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }, stdio: ['ignore', 'inherit', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  const exited = new Promise((resolve) => child.once('close', resolve))
  const url = `http://127.0.0.1:${port}`
  let logged // what it wrote of requests, once it has ended
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    logged = logs(dir, said)
    const lines = complaints(dir, said)
    rmSync(dir, { recursive: true, force: true })
    return lines
  }
  try {
    await until(() => {
      assert.equal(child.exitCode, null, `${program} ended while starting: ${said}`)
      return fetch(`${url}/readyz`).then((r) => r.ok || !server.port, () => false)
    }, `${program} to be ready`)
  } catch (err) {
    await stop()
    throw err
  }
  return { url, stop, logged: () => logged, person: (...names) => server.person(...names).then((p) => Object.assign(p, { server: { url } })) }
}

// behindNginx has nginx in front. buffering turns proxy_buffering on; nodes are those of a cluster, all of them in the
// place of server.
export function behindNginx(server, { buffering, nodes } = {}) {
  return behind(server, {
    configure(dir, port) {
      mkdirSync(join(dir, 'logs'))
      const site = (nodes ? upstream(deployed('nginx/nodes.conf'), nodes) : '') + adapted(deployed('nginx/zikr.conf'), [
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
      return ['nginx', '-p', dir, '-c', join(dir, 'nginx.conf')]
    },
    logs: (dir) => ['access', 'error'].map((kind) => readFileSync(join(dir, `logs/zikr.${kind}.log`), 'utf8')).join(''),
    complaints: (dir) => readFileSync(join(dir, 'logs/error.log'), 'utf8').split('\n').filter((line) => line !== ''),
  })
}

// behindCaddy has Caddy in front. A server without a port is one that is away.
export function behindCaddy(server) {
  return behind(server, {
    configure(dir, port) {
      writeFileSync(join(dir, 'Caddyfile'), adapted(deployed('caddy/Caddyfile'), [
        ['{\n\t# a token', '{\n\tadmin off\n\t# a token'],
        ['\nzikr.example.org {', `\nhttp://127.0.0.1:${port} {\n\tbind 127.0.0.1`],
        ['127.0.0.1:7373', server.port ? `127.0.0.1:${server.port}` : '127.0.0.1:1'],
      ]))
      return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(dir, 'Caddyfile')]
    },
    logs: (_, said) => said,
    complaints: (_, said) => (server.port ? said.split('\n').filter((line) => line.includes('"level":"error"') && !line.includes('"logger":"http.log.access')) : []),
  })
}
