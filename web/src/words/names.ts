// What each language calls itself: the same in every language.
import type { Language } from '../core/i18n'

export const ownNames: Record<Language, string> = {
  uz: 'O‘zbekcha',
  'uz-Cyrl': 'Ўзбекча',
  ru: 'Русский',
  en: 'English',
  ar: 'العربية',
  tr: 'Türkçe',
}
