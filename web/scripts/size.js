// Weighs the built app as a browser gets it: brotli, fonts apart. Fails when the entry, or
// all that a first screen may load, is heavier than promised.
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'

const dist = resolve(import.meta.dirname, '../dist')
const ENTRY = 30 * 1024
const FIRST = 90 * 1024

const names = readdirSync(join(dist, 'assets')).map((name) => `assets/${name}`)
const weight = (name) => brotliCompressSync(readFileSync(join(dist, name))).length
const page = readFileSync(join(dist, 'index.html'), 'utf8')

// entry is what the page names, and what that imports at once.
function closure(roots) {
  const all = new Set()
  const follow = (name) => {
    if (all.has(name)) return
    all.add(name)
    if (!name.endsWith('.js')) return
    const code = readFileSync(join(dist, name), 'utf8')
    for (const [, file] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) follow(`assets/${file}`)
  }
  roots.forEach(follow)
  return [...all]
}
const sum = (list) => list.reduce((total, name) => total + weight(name), 0)
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`

const entry = closure([...page.matchAll(/"\.\/(assets\/[^"]+\.(?:js|css))"/g)].map((m) => m[1]))
// A first screen: the shell, the longest catalogue, the heaviest screen with its styles, the socket and the store.
const chunks = (prefix) => names.filter((n) => n.startsWith(`assets/${prefix}-`) && /\.(js|css)$/.test(n))
const words = ['uz', 'uz-Cyrl', 'ru', 'en', 'ar', 'tr'].map((l) => names.filter((n) => new RegExp(`^assets/${l}-[\\w-]{8}\\.js$`).test(n)))
if (words.some((list) => list.length !== 1)) throw new Error(`the catalogues are not where they were: ${JSON.stringify(words)}`)
const heaviest = (lists) => lists.sort((a, b) => sum(b) - sum(a))[0]
const catalogue = heaviest(words.map(closure))
const screens = ['board', 'counter', 'circle', 'account', 'groups', 'inbox', 'sign-in', 'new'].map((n) => closure(chunks(n)))
const socket = closure(names.filter((n) => n.endsWith('.js') && readFileSync(join(dist, n), 'utf8').includes('connect_error')))
const first = [...new Set([...entry, ...catalogue, ...heaviest(screens), ...socket])]

console.log(`entry ${kb(sum(entry))} (at most ${kb(ENTRY)}), first screen with everything ${kb(sum(first))} (at most ${kb(FIRST)}), brotli, fonts apart`)
if (sum(entry) > ENTRY || sum(first) > FIRST) {
  for (const name of first.sort((a, b) => weight(b) - weight(a)))
    console.error(`  ${kb(weight(name)).padStart(9)}  ${entry.includes(name) ? 'entry  ' : '       '}${name}`)
  process.exit(1)
}
