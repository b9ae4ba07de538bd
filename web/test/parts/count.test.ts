// Counting where nothing can be kept: each tap is sent before it is shown.
import { expect, test } from 'vitest'
import { Refused } from '../../src/core/api'
import { Count } from '../../src/state/count.svelte'
import type { Home } from '../../src/state/home.svelte'

/** direct counts on a server that remembers opIds, and whose answers are lost as long as lost says so. */
function direct() {
  const line = { lost: false }
  const counted = new Map<string, number>()
  const post = (_path: string, { count, opId }: { count: number; opId: string }): Promise<object> => {
    if (!counted.has(opId)) counted.set(opId, count)
    return line.lost ? Promise.reject(new Refused('offline')) : Promise.resolve({})
  }
  const count = new Count({ me: { id: 'u' }, api: { post } } as unknown as Home)
  return { line, count, total: () => [...counted.values()].reduce((a, b) => a + b, 0) }
}

test('a tap whose answer was lost is not counted a second time by the one that is made instead', async () => {
  const { line, count, total } = direct()
  await count.tap('g', 'z')
  line.lost = true
  await Promise.all([1, 2].map(() => count.tap('g', 'z').catch(() => undefined)))
  line.lost = false
  expect(count.today['z']).toBe(1)
  await Promise.all([1, 2, 3].map(() => count.tap('g', 'z')))
  expect(count.today['z']).toBe(4)
  expect(total()).toBe(4)
})

test('and one of another number is another', async () => {
  const { line, count, total } = direct()
  line.lost = true
  await count.tap('g', 'z', 33).catch(() => undefined)
  line.lost = false
  await count.tap('g', 'z', 5)
  expect(total()).toBe(38)
})
