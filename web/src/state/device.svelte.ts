// What is set on this device, for whoever uses it.
import type { Language } from '../core/i18n'
import { languages } from '../core/i18n'

export type Theme = 'system' | 'light' | 'dark'

interface Kept {
  language?: Language
  theme: Theme
  arabicDigits: boolean
  sound: boolean
  vibration: boolean
  streak: boolean
}

const KEY = 'zikr-device'
const defaults: Kept = { theme: 'system', arabicDigits: false, sound: false, vibration: false, streak: false }

class Device {
  #kept = $state<Kept>({ ...defaults, ...read<Kept>(KEY) })

  get language(): Language | undefined {
    return languages.find((l) => l === this.#kept.language)
  }
  get theme(): Theme {
    return this.#kept.theme
  }
  get arabicDigits(): boolean {
    return this.#kept.arabicDigits
  }
  get sound(): boolean {
    return this.#kept.sound
  }
  get vibration(): boolean {
    return this.#kept.vibration
  }
  get streak(): boolean {
    return this.#kept.streak
  }

  set(change: Partial<Kept>): void {
    Object.assign(this.#kept, change)
    write(KEY, $state.snapshot(this.#kept))
  }
}

/** read returns what was written under a key; undefined also where the browser keeps nothing. */
export function read<T>(key: string): Partial<T> | undefined {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

/** write keeps a value. False: the browser keeps nothing. */
export function write(key: string, value: unknown): boolean {
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

export const device = new Device()
