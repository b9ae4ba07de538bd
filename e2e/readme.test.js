// The README's examples, word for word but for the server's address.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { useServer, within } from './harness/index.js'

const here = dirname(fileURLToPath(import.meta.url))
const readme = readFileSync(join(here, '..', 'README.md'), 'utf8')
const server = useServer()

// example returns the one code block of a language that holds a word.
function example(language, word) {
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, lang, code]) => lang === language && code.includes(word))
  assert.equal(blocks.length, 1, `one ${language} block of the README with ${word}`)
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
  const script = example('sh', 'curl').replaceAll('http://127.0.0.1:7373', server.url)
  const out = await run('bash', ['-euo', 'pipefail', '-c', `${script}\nprintf '\\n%s %s %s' "$TOKEN" "$GROUP" "$BOOKING"`])
  const [token, group, booking] = out.slice(out.lastIndexOf('\n') + 1).split(' ')
  server.remember(token)
  return { out, token, group, booking }
}

test('a first hatm over curl, and the same live with the JavaScript client', async (t) => {
  if (spawnSync('curl', ['--version']).error) return t.skip('curl is not installed')
  const { out, token, group, booking } = await firstHatm()
  for (const field of [token, group, booking]) assert.match(field, /^\S{10,}$/)
  assert.ok(out.includes('"poraName":"1-Juz"'), out)
  assert.ok(out.includes('"event":"pora_completed"'), out)

  // Below node_modules, so that the script finds the client as it would in a project of its own.
  mkdirSync(join(here, 'node_modules'), { recursive: true })
  const folder = mkdtempSync(join(here, 'node_modules', '.readme-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'first-hatm.mjs')
  writeFileSync(file, example('js', 'socket.io-client'))
  const live = await run(process.execPath, [file, server.url, token, group])
  for (const event of ['connection_status', 'joined_group', 'booking_confirmed', 'pora_booked', 'completion_confirmed']) assert.ok(live.includes(event), `${event}:\n${live}`)
  assert.match(live, /^pora_completed /m, 'the pora of curl, replayed')
})

test('what the README links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]).filter((link) => !link.includes('://'))
  assert.ok(links.length >= 3)
  for (const link of links) readFileSync(join(here, '..', link))
})
