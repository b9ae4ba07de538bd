// Measures one, two and three nodes on this machine, over a PostgreSQL and a Redis that
// it starts for itself, and prints docs/scaling.md's tables, medians of RUNS: `make bench-cluster`. What to
// measure may be named: counts, fanout.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from '../e2e/harness/server.js'
import { Postgres, Redis, noDatabases } from '../e2e/harness/databases.js'
import { until } from '../e2e/harness/recorder.js'

if (noDatabases) throw new Error(noDatabases)
const binary = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../bin/zikr')
const secret = 'a secret of the benchmark, of 32 bytes or more'
const runs = Number(process.env.RUNS ?? 3)
const only = process.argv[2] ?? ''

const scenarios = [
  { name: 'counts', title: 'confirmed counts a second over 50 groups', figure: 'confirmed_per_s', args: ['counts', '-n', '60', '--groups', '50', '--counts', '20000', '--join'] },
  { name: 'counts', title: 'the same in one group', figure: 'confirmed_per_s', args: ['counts', '-n', '60', '--groups', '1', '--counts', '10000', '--join'] },
  { name: 'counts', title: '99 of 100 of these within, ms', figure: 'p99_ms' },
  { name: 'counts', title: 'CPU of all nodes for one of these, us', figure: 'nodes_us' },
  { name: 'counts', title: 'CPU of PostgreSQL', figure: 'postgres_us' },
  { name: 'counts', title: 'CPU of Redis', figure: 'redis_us' },
  { name: 'fanout', title: 'delivery at 1,000 events/s to 12 members: half within, ms', figure: 'p50_ms', args: ['fanout', '-n', '12', '--publishers', '6', '--rate', '1000'] },
  { name: 'fanout', title: 'half within, on another node than the publisher\'s, ms', figure: 'abroad_p50_ms' },
  { name: 'fanout', title: '99 of 100 within', figure: 'p99_ms' },
  { name: 'fanout', title: '99 of 100 within, on another node', figure: 'abroad_p99_ms' },
  { name: 'fanout', title: 'deliveries a second to 999 members, as fast as it goes', figure: 'deliveries_per_s', args: ['fanout', '-n', '999', '--publishers', '9', '--messages', '4000'] },
  { name: 'fanout', title: 'CPU of the first node for an event that all members get, us', figure: 'server_cpu_us_per_message' },
].filter(({ name }) => name.startsWith(only))

const postgres = new Postgres()
const redis = new Redis()
const nodes = []
const dir = mkdtempSync(join(tmpdir(), 'zikr-bench-'))

async function startNode(n) {
  const port = await freePort()
  const env = {
    PATH: process.env.PATH, ZIKR_ADDR: `127.0.0.1:${port}`, ZIKR_DATA_DIR: join(dir, String(n)), ZIKR_DATABASE_URL: postgres.url(), ZIKR_REDIS_URL: redis.url(),
    ZIKR_JWT_SECRET: secret, ZIKR_JWT_PROVISION: 'true', ZIKR_RATE_LIMIT: 'off', ZIKR_LOG_LEVEL: 'warn',
  }
  const child = spawn(binary, ['serve'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((done) => child.once('close', done))
  const node = { url: `http://127.0.0.1:${port}`, child, ended }
  nodes.push(node)
  await until(() => fetch(`${node.url}/readyz`).then((r) => r.ok, () => false), 'a node to be ready')
}

// cpu is what a process and its children have used, in microseconds (proc(5); a tick is 10 ms).
function cpu(pid) {
  const used = (id, ...fields) => {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1].split(' ')
      return fields.reduce((sum, field) => sum + Number(stat[field - 3]), 0)
    } catch {
      return 0 // it has ended
    }
  }
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return 10_000 * children.reduce((sum, id) => sum + used(id, 14, 15), used(pid, 14, 15, 16, 17))
}

const spent = () => ({ nodes_us: nodes.reduce((sum, { child }) => sum + cpu(child.pid), 0), postgres_us: cpu(postgres.pid), redis_us: cpu(redis.pid) })

// measured is a report with what all processes have used for each event.
function measured(args) {
  const before = spent()
  const report = load(args)
  const events = report.confirmed ?? report.messages
  for (const [who, now] of Object.entries(spent())) report[who] = (now - before[who]) / events
  return report
}

// median is empty when a figure does not exist, as with one node.
function median(values) {
  const sorted = values.filter((v) => v !== undefined).sort((a, b) => a - b)
  return sorted.length === 0 ? '' : Number(sorted[Math.floor(sorted.length / 2)].toPrecision(3)).toLocaleString('en')
}

// load runs one scenario on the nodes that are there.
function load(args) {
  const also = nodes.slice(1).flatMap(({ url }) => ['--also', url])
  const { stdout, stderr, status } = spawnSync(binary, ['load', ...args, '--url', nodes[0].url, ...also, '--pid', nodes[0].child.pid, '--json'],
    { encoding: 'utf8', env: { PATH: process.env.PATH, ZIKR_JWT_SECRET: secret } })
  if (status !== 0) throw new Error(`zikr load ${args.join(' ')}: ${stderr}`)
  return JSON.parse(stdout)
}

const rows = scenarios.map(({ title }) => [title])
try {
  await Promise.all([postgres.start(), redis.start()])
  for (let n = 1; n <= 3; n++) {
    await startNode(n)
    const values = scenarios.map(() => [])
    for (let run = 0; run < runs; run++) {
      let report
      for (const [i, { args, figure }] of scenarios.entries()) {
        if (args) report = measured(args)
        values[i].push(report[figure])
      }
    }
    for (const [i, of] of values.entries()) rows[i].push(median(of))
  }
  console.log('| figure | 1 node | 2 nodes | 3 nodes |\n| --- | --- | --- | --- |')
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
} finally {
  for (const { child } of nodes) child.kill('SIGTERM')
  await Promise.all(nodes.map(({ ended }) => ended))
  await Promise.allSettled([postgres.stop(), redis.stop()])
  rmSync(dir, { recursive: true, force: true })
}
