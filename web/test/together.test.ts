// What comes close together is shown together, once.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Together } from '../src/core/together'

const FRAME = 16 // ms

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const now = performance.now.bind(performance)
  spent = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + spent)
  vi.stubGlobal('document', { hidden: false })
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => setTimeout(frame, FRAME))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

let spent = 0 // ms, in showings

/** busy adds one every 5 ms for so long, and returns how many were shown together each time. takes is how long a showing takes. */
function busy(length: number, takes = 0): number[] {
  const shown: number[] = []
  const together = new Together<number>((waiting) => {
    shown.push(waiting.length)
    spent += takes
  })
  for (let ms = 0; ms < length; ms += 5) {
    together.add(ms)
    vi.advanceTimersByTime(5)
  }
  vi.advanceTimersByTime(1000)
  return shown
}
const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0)

test('a busy group is shown at most 15 times a second, and nothing is lost', () => {
  const shown = busy(2000)
  expect(sum(shown)).toBe(400)
  expect(shown.length).toBeGreaterThan(20)
  expect(shown.length).toBeLessThanOrEqual(31)
})

test('a slow device shows less often', () => {
  const shown = busy(2000, 30)
  expect(sum(shown)).toBe(400)
  expect(shown.length).toBeLessThanOrEqual(16)
  expect(shown.length).toBeGreaterThanOrEqual(8)
})

test('the first is shown in the next frame, and what is flushed is shown once', () => {
  const shown: string[][] = []
  const together = new Together<string>((waiting) => shown.push(waiting))
  together.add('a')
  vi.advanceTimersByTime(FRAME + 1)
  expect(shown).toEqual([['a']])
  together.add('b')
  together.flush()
  together.add('c')
  vi.advanceTimersByTime(2000)
  expect(shown).toEqual([['a'], ['b'], ['c']])
})

test('a page that nobody sees is told without a frame', () => {
  vi.stubGlobal('requestAnimationFrame', () => 0)
  const shown: string[][] = []
  const together = new Together<string>((waiting) => shown.push(waiting))
  together.add('hidden meanwhile')
  vi.advanceTimersByTime(500)
  vi.stubGlobal('document', { hidden: true })
  together.add('hidden')
  vi.advanceTimersByTime(250)
  expect(shown).toEqual([['hidden meanwhile'], ['hidden']])
})

test('closed, it shows nothing', () => {
  const shown: string[][] = []
  const together = new Together<string>((waiting) => shown.push(waiting))
  together.add('a')
  together.close()
  vi.advanceTimersByTime(1000)
  expect(shown).toEqual([])
})
