// No sentence stands outside the catalogues: the text and the attributes of every
// component, as Svelte's own parser sees them, hold no letters of any language.
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'svelte/compiler'

const src = resolve(import.meta.dirname, '../src')
const spoken = new Set(['aria-label', 'aria-description', 'title', 'alt', 'placeholder', 'label', 'yes', 'words', 'sub'])
const letters = /\p{L}{2,}/u
const found = []

function text(node, what, file) {
  const data = node.data ?? node.value
  if (typeof data === 'string' && letters.test(data)) found.push(`${file}: ${what} ${JSON.stringify(data.trim().slice(0, 60))}`)
}

function walk(node, file, inSpoken = '') {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, file, inSpoken))
  if (!node || typeof node !== 'object') return
  if (node.type === 'Text' && (inSpoken || !node.inAttribute)) text(node, inSpoken || 'text', file)
  if (inSpoken && (node.type === 'Literal' || node.type === 'TemplateElement')) text({ data: node.value?.cooked ?? node.value }, inSpoken, file)
  if (node.type === 'Attribute') {
    if (spoken.has(node.name)) walk(node.value, file, `${node.name}:`)
    return
  }
  if (!inSpoken && node.type === 'ExpressionTag') return expression(node.expression, file)
  for (const [key, value] of Object.entries(node)) {
    if (!['css', 'instance', 'module', 'options', 'comments'].includes(key)) walk(value, file, inSpoken)
  }
}

// expression looks at what is shown between braces: no text of its own may be in it.
function expression(node, file) {
  if (Array.isArray(node)) return node.forEach((child) => expression(child, file))
  if (!node || typeof node !== 'object') return
  if (node.type === 'BinaryExpression') return // a comparison shows nothing
  if (node.type === 'TemplateElement' || (node.type === 'Literal' && typeof node.value === 'string'))
    text({ data: node.value?.cooked ?? node.value }, 'expression', file)
  for (const [key, value] of Object.entries(node)) if (key !== 'loc') expression(value, file)
}

const files = readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.svelte'))
for (const name of files) walk(parse(readFileSync(join(src, name), 'utf8'), { modern: true }).fragment, name)
if (files.length < 20) throw new Error('the components were not found')
// The check can fail: it finds what is planted.
const before = found.length
walk(parse('<p title="Hello">World {x ? "again" : ""}</p>', { modern: true }).fragment, 'planted')
if (found.splice(before).length !== 3) throw new Error('the check does not see a planted sentence')

for (const line of found) console.error(line)
console.log(`${files.length} components, ${found.length} sentences outside the catalogues`)
process.exit(found.length > 0 ? 1 : 0)
