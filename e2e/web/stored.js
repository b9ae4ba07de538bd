// Pictures that were looked at and stored, and how a new one is held against them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Page } from './harness.js'
import { languages, screens, shown, street } from './street.js'

const folder = resolve(import.meta.dirname, 'stored')
const left = ['account'] // it shows this machine's browser, and an address made by chance
const theme = (language) => (['ar', 'ru'].includes(language) ? 'dark' : 'light')

// store makes all of them anew.
export async function store(browser, server) {
  mkdirSync(folder, { recursive: true })
  for (const language of languages) {
    for await (const { name, data } of pictures(browser, server, language)) writeFileSync(join(folder, name), data)
  }
  const page = await browser.newPage()
  writeFileSync(join(folder, 'fonts.json'), JSON.stringify(await fonts(page), null, 2) + '\n')
  await page.close()
}

export function stored(name) {
  const path = join(folder, name)
  return existsSync(path) ? readFileSync(path) : undefined
}

// pictures makes those of one language, one after the other.
export async function* pictures(browser, server, language) {
  const place = await street(server, language)
  const device = { language, theme: theme(language) }
  const app = await Page.signedIn(browser, server, place.me, { device, reducedMotion: 'reduce', timezoneId: 'UTC' })
  const cdp = await app.context.newCDPSession(app.page)
  for (const [screen, path] of Object.entries(screens(place))) {
    if (left.includes(screen)) continue
    await app.go(path)
    await shown(app)
    const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: 60 })
    yield { name: `${screen}-${language}.webp`, data: Buffer.from(data, 'base64'), app }
  }
  await app.close()
}

// fonts are the widths of the same words: pictures of a machine with other letters say nothing.
export function fonts(page) {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d')
    context.font = '100px system-ui, sans-serif'
    return Object.fromEntries(['Bismillah', 'Бисмиллах', 'بسم الله'].map((word) => [word, Math.round(context.measureText(word).width)]))
  })
}
export const sameFonts = (now) => stored('fonts.json')?.toString() === JSON.stringify(now, null, 2) + '\n'

// different is the share of two pictures that differs, from 0 to 1: each is made eight times
// smaller, so that the edges of letters do not count, and what is moved, missing or of another
// colour does.
export function different(page, one, two) {
  return page.evaluate(async (both) => {
    const [a, b] = await Promise.all(both.map(async (data) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/webp' }))
      const width = Math.ceil(image.width / 8)
      const height = Math.ceil(image.height / 8)
      const small = await createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' })
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      const context = canvas.getContext('2d')
      context.drawImage(small, 0, 0)
      return context.getImageData(0, 0, width, height)
    }))
    if (a.width !== b.width || a.height !== b.height) return 1
    let count = 0
    for (let i = 0; i < a.data.length; i += 4) {
      if ([0, 1, 2].some((channel) => Math.abs(a.data[i + channel] - b.data[i + channel]) > 32)) count += 1
    }
    return count / (a.data.length / 4)
  }, [one, two].map((data) => data.toString('base64')))
}
