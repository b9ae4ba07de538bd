// The words of the screens, in the language that is chosen: one catalogue is loaded.
import type { Language } from '../core/i18n'
import { Format, preferred } from '../core/i18n'
import type { Words } from '../words/en'
import { device } from './device.svelte'

type Catalogue = { words: (f: Format) => Words }

const catalogues: Record<Language, () => Promise<Catalogue>> = {
  uz: () => import('../words/uz'),
  'uz-Cyrl': () => import('../words/uz-Cyrl'),
  ru: () => import('../words/ru'),
  en: () => import('../words/en'),
  ar: () => import('../words/ar'),
  tr: () => import('../words/tr'),
}

class Text {
  /** w are the words, f the format of numbers and dates. Both are there before the first screen. */
  w = $state.raw<Words>(undefined as unknown as Words)
  f = $state.raw(new Format('en'))

  get language(): Language {
    return this.f.language
  }

  /** use loads a language and shows everything in it. It fails when its file cannot be loaded. */
  async use(language: Language): Promise<void> {
    const catalogue = await catalogues[language]()
    const f = new Format(language, device.arabicDigits)
    this.f = f
    this.w = catalogue.words(f)
    document.documentElement.lang = language
    document.documentElement.dir = f.dir
  }

  /** start uses the language of this device: the chosen one, else the browser's. */
  async start(): Promise<void> {
    const language = device.language ?? preferred(navigator.languages)
    await this.use(language)
  }

  /** error is the sentence for a code. */
  error(code: string): string {
    return this.w.errors[code as keyof Words['errors']] ?? this.w.errors.internal
  }
}

export const text = new Text()
