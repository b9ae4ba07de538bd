// Numbers, dates and plurals in the six languages. Browsers have no data for Uzbek in
// Latin letters, and only a part for Cyrillic ones: those two are spelled out here.

export const languages = ['uz', 'uz-Cyrl', 'ru', 'en', 'ar', 'tr'] as const
export type Language = (typeof languages)[number]

export type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }

/** Units of relative time that the app speaks of. */
type Unit = 'minute' | 'hour' | 'day'

/** Spelled holds what a browser may lack. */
interface Spelled {
  months: readonly string[]
  weekdays: readonly string[]
  today: string
  yesterday: string
  tomorrow: string
  now: string
  past: (n: string, unit: Unit) => string
  future: (n: string, unit: Unit) => string
}

const uzUnits = { minute: 'daqiqa', hour: 'soat', day: 'kun' }
const uzCyrlUnits = { minute: 'дақиқа', hour: 'соат', day: 'кун' }

const spelled: Partial<Record<Language, Spelled>> = {
  uz: {
    months: ['yanvar', 'fevral', 'mart', 'aprel', 'may', 'iyun', 'iyul', 'avgust', 'sentabr', 'oktabr', 'noyabr', 'dekabr'],
    weekdays: ['yak', 'dush', 'sesh', 'chor', 'pay', 'jum', 'shan'],
    today: 'bugun',
    yesterday: 'kecha',
    tomorrow: 'ertaga',
    now: 'hozir',
    past: (n, unit) => `${n} ${uzUnits[unit]} oldin`,
    future: (n, unit) => `${n} ${uzUnits[unit]}dan keyin`,
  },
  'uz-Cyrl': {
    months: ['январ', 'феврал', 'март', 'апрел', 'май', 'июн', 'июл', 'август', 'сентабр', 'октабр', 'ноябр', 'декабр'],
    weekdays: ['якш', 'душ', 'сеш', 'чор', 'пай', 'жум', 'шан'],
    today: 'бугун',
    yesterday: 'кеча',
    tomorrow: 'эртага',
    now: 'ҳозир',
    past: (n, unit) => `${n} ${uzCyrlUnits[unit]} олдин`,
    future: (n, unit) => `${n} ${uzCyrlUnits[unit]}дан кейин`,
  },
}

export class Format {
  readonly language: Language
  readonly dir: 'ltr' | 'rtl'
  #tag: string
  // Formatters are made at their first use, and kept: to make one costs a hundred times what its use does.
  #plurals: Intl.PluralRules | undefined
  #numbers: Intl.NumberFormat | undefined
  #spelled: Spelled | undefined
  #dates = new Map<string, Intl.DateTimeFormat>()

  /** arabicDigits writes ٣ for 3, in Arabic. */
  constructor(language: Language, arabicDigits = false) {
    this.language = language
    this.dir = language === 'ar' ? 'rtl' : 'ltr'
    this.#tag = language === 'ar' ? `ar-u-nu-${arabicDigits ? 'arab' : 'latn'}` : language
    this.#spelled = spelled[language]
  }

  number(n: number): string {
    if (!this.#spelled) return (this.#numbers ??= new Intl.NumberFormat(this.#tag)).format(n)
    const [whole = '', part] = String(Math.abs(n)).split('.')
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u00a0')
    return (n < 0 ? '-' : '') + grouped + (part ? `,${part}` : '')
  }

  /** plural chooses a form by a number, and puts the number in the place of #. */
  plural(n: number, forms: Forms): string {
    // Uzbek has one form after a number, and browsers do not know its rules.
    const rule = this.#spelled ? 'other' : (this.#plurals ??= new Intl.PluralRules(this.language)).select(n)
    return (forms[rule] ?? forms.other).replaceAll('#', this.number(n))
  }

  /** day is a date without its year, like "5 May". */
  day(at: Date): string {
    const s = this.#spelled
    if (s) return `${at.getDate()}-${s.months[at.getMonth()] ?? ''}`
    return this.#date({ day: 'numeric', month: 'long' }).format(at)
  }

  /** date is a date with its year. */
  date(at: Date): string {
    const s = this.#spelled
    if (this.language === 'uz') return `${at.getFullYear()}-yil ${this.day(at)}`
    if (s) return `${at.getFullYear()} йил ${this.day(at)}`
    return this.#date({ day: 'numeric', month: 'long', year: 'numeric' }).format(at)
  }

  weekday(at: Date): string {
    return this.#spelled?.weekdays[at.getDay()] ?? this.#date({ weekday: 'short' }).format(at)
  }

  /** time is the hour and minute, like 08:05. */
  time(at: Date): string {
    return this.#date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, this.#spelled ? 'en' : this.#tag).format(at)
  }

  /** hour is a full hour of a day, like 08:00. */
  hour(hour: number): string {
    return this.time(new Date(2026, 0, 1, hour))
  }

  /** when says how long ago something was, or when it will be, as people say it. */
  when(at: Date, now: Date): string {
    const minutes = Math.round((at.getTime() - now.getTime()) / 60_000)
    if (Math.abs(minutes) < 60) return this.#relative(minutes, 'minute')
    const days = calendarDays(now, at)
    if (days === 0) return this.#relative(Math.round(minutes / 60), 'hour')
    return Math.abs(days) <= 14 ? this.#relative(days, 'day') : this.day(at)
  }

  /** dayWord is today, yesterday, tomorrow, or a date. */
  dayWord(at: Date, now: Date): string {
    const days = calendarDays(now, at)
    return Math.abs(days) <= 1 ? this.#relative(days, 'day') : this.day(at)
  }

  #date(options: Intl.DateTimeFormatOptions, tag = this.#tag): Intl.DateTimeFormat {
    const key = JSON.stringify(options)
    let formatter = this.#dates.get(key)
    if (!formatter) this.#dates.set(key, (formatter = new Intl.DateTimeFormat(tag, options)))
    return formatter
  }

  #relative(n: number, unit: Unit): string {
    const s = this.#spelled
    if (!s) return new Intl.RelativeTimeFormat(this.#tag, { numeric: 'auto' }).format(n, unit)
    if (unit === 'minute' && n === 0) return s.now
    if (unit === 'day') {
      const word = { '-1': s.yesterday, '0': s.today, '1': s.tomorrow }[String(n)]
      if (word) return word
    }
    const amount = this.number(Math.abs(n))
    return n > 0 ? s.future(amount, unit) : s.past(amount, unit)
  }

  /** join puts what is said of one thing in a row. */
  join(...parts: string[]): string {
    return parts.join(this.language === 'ar' ? '، ' : ', ')
  }

  /** name isolates a person's or group's name, which may run the other way than the sentence. */
  name(of: string): string {
    return `\u2068${of}\u2069`
  }
}

function calendarDays(from: Date, to: Date): number {
  const midnight = (d: Date): number => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate())
  return Math.round((midnight(to) - midnight(from)) / 86_400_000)
}

/** preferred is the first language of a browser that the app has; English if it has none. */
export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted.map((t) => t.toLowerCase())) {
    if (tag.startsWith('uz')) return tag.includes('cyrl') ? 'uz-Cyrl' : 'uz'
    const found = languages.find((l) => l === tag.split('-')[0])
    if (found) return found
  }
  return 'en'
}
