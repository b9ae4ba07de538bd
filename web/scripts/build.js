// Builds the app into internal/web/dist, from where the Go build takes it: the types of
// the wire, the app, the service worker with the list of its files, and every text
// compressed, since the server compresses nothing.
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build, transformWithOxc } from 'vite'

const web = resolve(import.meta.dirname, '..')
const dist = join(web, 'dist')
const target = resolve(web, '../internal/web/dist')

execFileSync(process.execPath, [join(web, 'scripts/types.js')], { stdio: 'inherit' })
await build({ root: web, logLevel: 'warn' })
const { chunk, needs } = chunksOf()
licences()
await worker()
publish()
writeFileSync(join(target, 'first.json'), JSON.stringify(first()))

// chunksOf reads which file became of what; it is told to nobody. chunk finds one by its name,
// needs are the files of one and of those that it imports.
function chunksOf() {
  const file = join(dist, 'manifest.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(file)
  const chunk = (name) => {
    const found = Object.values(manifest).filter((one) => one.name === name && one.file.endsWith('.js'))
    if (found.length !== 1) throw new Error(`there are ${found.length} chunks with the name ${name}`)
    return found[0]
  }
  const needs = (name) => [chunk(name).file, ...chunk(name).imports.map((key) => manifest[key].file)]
  return { chunk, needs }
}

// first is what the server names in a page beside the entry, since every first screen needs it:
// what screens are made of, the form to sign in, and the words of the language that the browser asks
// for. These are six files with the entry: over HTTP/1 a browser asks for no more at once.
function first() {
  const { file, css } = chunk('page')
  const words = Object.fromEntries(['uz', 'uz-Cyrl', 'ru', 'en', 'ar', 'tr'].map((language) => [language, chunk(language).file]))
  return { scripts: [file, chunk('sign-in').file], styles: css, words }
}

function licences() {
  mkdirSync(join(dist, 'licences'), { recursive: true })
  for (const [font, file] of [
    ['@fontsource/amiri', 'amiri'],
    ['@fontsource-variable/noto-naskh-arabic', 'noto-naskh-arabic'],
  ]) {
    cpSync(join(web, 'node_modules', font, 'LICENSE'), join(dist, 'licences', `${file}-OFL.txt`))
  }
}

// worker writes sw.js with what it keeps: the files that every screen may need. Fonts are
// kept when they are first used, for who reads in another script needs none of them.
async function worker() {
  const list = files(dist).filter((name) => /\.(js|css|svg|webmanifest)$/.test(name))
  const version = createHash('sha256')
  for (const name of [...list, 'index.html']) version.update(name).update(readFileSync(join(dist, name)))
  const source = readFileSync(join(web, 'src/worker/sw.ts'), 'utf8')
  const { code } = await transformWithOxc(source, 'sw.ts', { lang: 'ts' })
  const early = new Set([...needs('home'), ...needs('group')])
  for (const known of [chunk('core').file, chunk('page').file]) early.delete(known)
  const values = { __VERSION__: version.digest('hex').slice(0, 16), __FILES__: list, __EARLY__: [...early] }
  const filled = code.replace(/__(?:VERSION|FILES|EARLY)__/g, (name) => JSON.stringify(values[name]))
  writeFileSync(join(dist, 'sw.js'), filled)
}

// publish replaces the app of before, and leaves the page that is there without an app.
function publish() {
  for (const name of readdirSync(target)) {
    if (name !== 'placeholder.html') rmSync(join(target, name), { recursive: true })
  }
  cpSync(dist, target, { recursive: true })
  for (const name of files(target)) {
    if (!/\.(js|css|svg|json|webmanifest|txt)$/.test(name)) continue
    const data = readFileSync(join(target, name))
    writeFileSync(join(target, `${name}.br`), brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
    writeFileSync(join(target, `${name}.gz`), gzipSync(data, { level: 9 }))
  }
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}
