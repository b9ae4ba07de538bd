// The poras and the common zikrs, as the server has them. They seldom change, so what
// was read once is shown at once, without a line too.
import type { Wire } from '../core/model'
import type { Language } from '../core/i18n'
import type { Home } from './home.svelte'
import { session } from './session.svelte'

export type PoraFact = Wire['Pora']
export type CommonZikr = Wire['CommonZikr']

class Catalogue {
  poras = $state.raw<PoraFact[]>([])
  zikrs = $state.raw<CommonZikr[]>([])

  async needPoras(): Promise<void> {
    if (this.poras.length === 0) this.poras = await this.#get<PoraFact>('poras')
  }

  async needZikrs(): Promise<void> {
    if (this.zikrs.length === 0) this.zikrs = await this.#get<CommonZikr>('zikrs')
  }

  async #get<T>(name: string): Promise<T[]> {
    const home: Home | undefined = session.home
    try {
      const { items } = await session.api.get<{ items: T[] | null }>(`/${name}`)
      home?.shadow.keep(name, () => items)
      return items ?? []
    } catch {
      return (await home?.shadow.seen<T[]>(name))?.value ?? []
    }
  }
}

/** inLanguage is a text in the reader's language; "" where the catalogue does not have it. */
export function inLanguage(texts: { uz?: string; en?: string; ru?: string; ar?: string }, language: Language): string {
  if (language === 'uz-Cyrl') return texts.uz ?? ''
  return language === 'tr' ? '' : (texts[language] ?? '')
}

export const catalogue = new Catalogue()
