// The examples of the README and of docs/clients.md, word for word but for the server's address.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Person, until, useServer, within } from './harness/index.js'

const here = dirname(fileURLToPath(import.meta.url))
const page = (...path) => readFileSync(join(here, '..', ...path), 'utf8')
const readme = page('README.md')
const clients = page('docs', 'clients.md')
const server = useServer()

// example returns the one code block of a language that holds a word.
function example(text, language, word) {
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, lang, code]) => lang === language && code.includes(word))
  assert.equal(blocks.length, 1, `one ${language} block with ${word}`)
  return blocks[0][2]
}

// run runs a command and returns what it printed; it must end well.
async function run(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (out += text))
  const code = await within(new Promise((resolve, reject) => child.once('error', reject).once('close', resolve)), `${command} to end`, 20_000)
    .finally(() => child.kill('SIGKILL'))
  assert.equal(code, 0, out)
  return out
}

// firstHatm runs the shell example and returns what it printed and the variables that it set.
async function firstHatm() {
  const script = example(readme, 'sh', 'curl').replaceAll('http://127.0.0.1:7373', server.url)
  const out = await run('bash', ['-euo', 'pipefail', '-c', `${script}\nprintf '\\n%s %s %s' "$TOKEN" "$GROUP" "$BOOKING"`])
  const [token, group, booking] = out.slice(out.lastIndexOf('\n') + 1).split(' ')
  server.remember(token)
  return { out, token, group, booking }
}

// program is a script in a file: below node_modules, so that it finds the client as it would in a project of its own.
function program(t, script) {
  mkdirSync(join(here, 'node_modules'), { recursive: true })
  const folder = mkdtempSync(join(here, 'node_modules', '.readme-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'program.mjs')
  writeFileSync(file, script)
  return file
}

test('a first hatm over curl, and the same live with the JavaScript client', async (t) => {
  if (spawnSync('curl', ['--version']).error) return t.skip('curl is not installed')
  const { out, token, group, booking } = await firstHatm()
  for (const field of [token, group, booking]) assert.match(field, /^\S{10,}$/)
  assert.ok(out.includes('"poraName":"1-Juz"'), out)
  assert.ok(out.includes('"event":"pora_completed"'), out)

  const live = await run(process.execPath, [program(t, example(readme, 'js', 'socket.io-client')), server.url, token, group])
  await run(process.execPath, [program(t, example(readme, 'js', 'socket.io-client')), server.url, token, group]) // and once more
  await firstHatm()
  for (const event of ['connection_status', 'joined_group', 'booking_confirmed', 'pora_booked', 'completion_confirmed']) assert.ok(live.includes(event), `${event}:\n${live}`)
  assert.match(live, /^pora_completed /m, 'the pora of curl, replayed')
})

test('the client of docs/clients.md sees all, also what happens around the end of the server', async (t) => {
  const reader = await Person.registered(server)
  const other = await Person.registered(server)
  const group = await reader.quranGroup(other)
  const child = spawn(process.execPath, [program(t, example(clients, 'js', 'socket.io-client')), server.url, reader.email, reader.password, group.id, '7'], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (out += text))
  const seqs = (name) => [...out.matchAll(new RegExp(`^${name} (\\d+) (.*)$`, 'gm'))].map(([, seq, rest]) => [+seq, rest])

  await until(() => seqs('pora_booked').length === 1, () => `its own booking to be seen: ${out}`)
  await server.kill()
  await server.start()
  const { bookingId } = await other.post(`/groups/${group.id}/bookings`, { poraId: '8' }, 201)
  await other.post(`/bookings/${bookingId}/complete`)
  await until(() => seqs('pora_completed').length === 1, () => `what was done around its return to be seen: ${out}`)
  const { seq } = await other.snapshot(group)
  assert.deepEqual(seqs('pora_completed'), [[seq, 'hatm 1: 2 taken']], out)
  assert.deepEqual(seqs('pora_booked').map(([n]) => n), [seq - 2, seq - 1], out)
})

test('what the README and the client page link to is there', () => {
  for (const [folder, text] of [['.', readme], ['docs', clients]]) {
    const links = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]).filter((link) => !link.includes('://'))
    assert.ok(links.length >= 2)
    for (const link of links) page(folder, link)
  }
})
