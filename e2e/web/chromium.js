// The browser of this machine, which tests and measurements run in.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// executable is its path; undefined: there is none.
export function executable() {
  if (process.env.ZIKR_TEST_CHROMIUM) return process.env.ZIKR_TEST_CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((f) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(f, name))).find((path) => existsSync(path))
}
