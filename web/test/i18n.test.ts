import { describe, expect, test } from 'vitest'
import type { Language } from '../src/core/i18n'
import { Format, languages, preferred } from '../src/core/i18n'
import { words as en } from '../src/words/en'

const all: Record<Language, () => Promise<{ words: typeof en }>> = {
  uz: () => import('../src/words/uz'),
  'uz-Cyrl': () => import('../src/words/uz-Cyrl'),
  ru: () => import('../src/words/ru'),
  en: () => import('../src/words/en'),
  ar: () => import('../src/words/ar'),
  tr: () => import('../src/words/tr'),
}

/** sentences are all texts of a catalogue, with the numbers and names put in. */
function sentences(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] => {
    const at = path ? `${path}.${key}` : key
    if (typeof value === 'string') return [[at, value]]
    if (typeof value === 'object' && value !== null) return sentences(value as object, at)
    const say = value as (...args: unknown[]) => string
    return [0, 1, 2, 3, 5, 11, 21, 100].map((n) => [`${at}(${n})`, args(say, n)])
  })
}
/** args calls a sentence with what it takes: names are letters of the Latin alphabet, which no sentence may add to. */
function args(say: (...args: unknown[]) => string, n: number): string {
  return say(...Array.from({ length: Math.max(1, say.length) }, () => n))
}

describe.each(languages)('%s', (language) => {
  test('says everything, in its own script', async () => {
    const f = new Format(language)
    const { words } = await all[language]()
    const own = sentences(words(f))
    const english = new Map(sentences(en(new Format('en'))))
    expect(own.map(([at]) => at)).toEqual([...english.keys()])
    for (const [at, sentence] of own) {
      expect(sentence, at).not.toBe('')
      expect(sentence, at).not.toMatch(/undefined|\[object|#/)
      if (language === 'en' || at === 'app' || sentence === 'Zikr' || !/[a-z]{3}/i.test(english.get(at) ?? '')) continue
      expect(sentence, `${at} is English`).not.toBe(english.get(at))
      if (['ru', 'uz-Cyrl', 'ar'].includes(language)) expect(sentence.replace(/Enter|QR|\S+@\S+/g, ''), `${at} has Latin letters`).not.toMatch(/[a-z]{3}/i)
    }
  })
})

test('plurals are those of each language', () => {
  const forms = { zero: 'z', one: 'o #', two: 't', few: 'f #', many: 'm #', other: 'x #' }
  const said = (language: Language) => [0, 1, 2, 3, 11, 21, 100].map((n) => new Format(language).plural(n, forms))
  expect(said('ru')).toEqual(['m 0', 'o 1', 'f 2', 'f 3', 'm 11', 'o 21', 'm 100'])
  expect(said('ar')).toEqual(['z', 'o 1', 't', 'f 3', 'm 11', 'm 21', 'x 100'])
  expect(said('tr')).toEqual(['x 0', 'o 1', 'x 2', 'x 3', 'x 11', 'x 21', 'x 100'])
  expect(said('uz')).toEqual(['x 0', 'x 1', 'x 2', 'x 3', 'x 11', 'x 21', 'x 100'])
})

test('numbers are grouped as each language does', () => {
  expect(languages.map((l) => new Format(l).number(1_234_567).replace(/\s/g, ' '))).toEqual([
    '1 234 567',
    '1 234 567',
    '1 234 567',
    '1,234,567',
    '1,234,567',
    '1.234.567',
  ])
  expect(new Format('ar', true).number(123)).toBe('١٢٣')
  expect(new Format('uz').number(-1234.5)).toBe('-1\u00a0234,5')
  expect(new Format('uz').number(999)).toBe('999')
})

test('dates and times in Uzbek need nothing of the browser', () => {
  const at = new Date(2026, 0, 31, 8, 5)
  const uz = new Format('uz')
  expect(uz.day(at)).toBe('31-yanvar')
  expect(uz.date(at)).toBe('2026-yil 31-yanvar')
  expect(uz.weekday(at)).toBe('shan')
  expect(uz.time(at)).toBe('08:05')
  expect(new Format('uz-Cyrl').date(at)).toBe('2026 йил 31-январ')
})

test('relative time is said as people say it', () => {
  const now = new Date(2026, 0, 31, 12)
  const before = (ms: number) => new Date(now.getTime() - ms)
  const uz = new Format('uz')
  expect(uz.when(now, now)).toBe('hozir')
  expect(uz.when(before(5 * 60_000), now)).toBe('5 daqiqa oldin')
  expect(uz.when(before(3 * 3_600_000), now)).toBe('3 soat oldin')
  expect(uz.when(before(24 * 3_600_000), now)).toBe('kecha')
  expect(uz.when(before(-24 * 3_600_000), now)).toBe('ertaga')
  expect(uz.when(before(-3 * 86_400_000), now)).toBe('3 kundan keyin')
  expect(uz.when(before(40 * 86_400_000), now)).toBe('22-dekabr')
  expect(new Format('uz-Cyrl').when(before(2 * 86_400_000), now)).toBe('2 кун олдин')
  expect(new Format('en').when(before(24 * 3_600_000), now)).toBe('yesterday')
  expect(new Format('ru').dayWord(now, now)).toBe('сегодня')
})

test('the language is the first of the browser that the app has', () => {
  expect(preferred(['uz-Latn-UZ', 'en'])).toBe('uz')
  expect(preferred(['uz-Cyrl-UZ'])).toBe('uz-Cyrl')
  expect(preferred(['fr-FR', 'tr-TR', 'en'])).toBe('tr')
  expect(preferred(['ar-EG'])).toBe('ar')
  expect(preferred(['de'])).toBe('en')
  expect(preferred([])).toBe('en')
})
