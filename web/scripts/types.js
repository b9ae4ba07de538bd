// Makes the types of the wire from what the server says of itself: src/made/api.d.ts from
// its OpenAPI, src/made/events.d.ts from its AsyncAPI. The build runs it first.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { compile } from 'json-schema-to-typescript'
import openapi, { astToString } from 'openapi-typescript'

const root = resolve(import.meta.dirname, '../..')
const made = resolve(import.meta.dirname, '../src/made')

function document(command) {
  const binary = process.env.ZIKR_TEST_BINARY
  // with the flags of the Makefile's BUILD, so that the build that follows finds most of it compiled
  const [program, ...args] = binary ? [resolve(root, binary), command] : ['go', 'run', '-trimpath', '-buildvcs=false', './cmd/zikr', command]
  const env = { ...process.env, CGO_ENABLED: '0' }
  return JSON.parse(execFileSync(program, args, { cwd: root, env, maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'inherit'] }))
}

// events are one schema for all payloads, and the list of those that a group is told of.
async function events() {
  const { components } = document('asyncapi')
  const moved = JSON.parse(JSON.stringify(components.schemas).replaceAll('#/components/schemas/', '#/definitions/'))
  for (const schema of Object.values(moved)) if (schema.properties) schema.additionalProperties = false // a field that is not known is a mistake of ours
  const types = await compile({ title: 'Wire', type: 'object', additionalProperties: false, definitions: moved }, 'Wire', {
    unreachableDefinitions: true,
    bannerComment: '',
    format: false,
  })
  const told = Object.values(components.messages).filter((m) => m.tags.some((t) => t.name === 'to the group'))
  const name = (message) => message.payload.$ref.split('/').pop()
  const entries = told.filter((m) => moved[name(m)].properties.seq).map((m) => `  ${m.name}: ${name(m)}`)
  return `${types}\n/** GroupEvents are what a group's log holds: the name of each event, and its payload. */\nexport interface GroupEvents {\n${entries.join('\n')}\n}\n`
}

mkdirSync(made, { recursive: true })
writeFileSync(resolve(made, 'api.d.ts'), astToString(await openapi(document('openapi'))))
writeFileSync(resolve(made, 'events.d.ts'), await events())
