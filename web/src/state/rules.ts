// The settings of a group as a form has them. Empty is null: no limit, no date.
import type { Settings } from '../core/model'

export type RulesForm = Omit<Settings, 'timeZone' | 'completionText'> & { completionText: string }

export function newRules(): RulesForm {
  return {
    openHatms: 1,
    poraLimit: null,
    readingDays: null,
    hatmDays: null,
    autoRelease: false,
    isAnonymous: false,
    division: 'madani',
    completionText: '',
  }
}

export function rulesOf(settings: Settings): RulesForm {
  return { ...settings, completionText: settings.completionText ?? '' }
}

/** wireRules is a form as the server takes it. A group that only counts has no rules for poras. */
export function wireRules(form: RulesForm, type: 'quran' | 'zikr', all = false): Record<string, unknown> {
  const fresh = newRules()
  const keys = (type === 'zikr' ? ['isAnonymous'] : Object.keys(fresh)) as (keyof RulesForm)[]
  const changed = keys.filter((key) => all || form[key] !== fresh[key])
  // 0 takes a number away, as an empty text takes the words away.
  return Object.fromEntries(changed.map((key) => [key, key === 'completionText' ? form.completionText.trim() : (form[key] ?? 0)]))
}

/** ownZone is the time zone of this device. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** zones are the time zones that one may choose: this device's first, then the one that is chosen, then all by name. */
export function zones(chosen: string): string[] {
  return [...new Set([ownZone(), chosen, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
}
