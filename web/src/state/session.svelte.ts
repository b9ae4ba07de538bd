// Who is signed in on this device, and what of theirs is open.
import { Api } from '../core/api'
import { languages } from '../core/i18n'
import type { Wire } from '../core/model'
import { server } from '../core/place'
import { device, read, write } from './device.svelte'
import type { Home } from './home.svelte'
import { text } from './text.svelte'

export type Me = Wire['Account'] & { isGuest?: boolean }

interface Kept {
  token: string
  user: Me
}
/** SignedIn also says what the server knows this device again by, where it does. */
interface SignedIn extends Kept {
  device?: string
}

const KNOWN = 'zikr-known' // by login; wrong passwords of others do not keep a known device out
const MOST_KNOWN = 10
const KEY = 'zikr-session'
const RENEW = 3_600_000 // ms between two looks at whether a fresh token is due

class Session {
  /** home is everything of the account that is signed in. */
  home = $state.raw<Home>()
  /** ended says why somebody was signed out: a code; "" if they did it themselves, or nobody was. */
  ended = $state('')
  /** next is where to go after signing in. */
  next = ''

  #token: string | undefined
  #leaving = false
  readonly api = new Api({ base: server, token: () => this.#token, expired: (code) => void this.end(code) })

  get me(): Me | undefined {
    return this.home?.me
  }

  /** kept reports whether somebody was signed in when the device was used last. */
  get kept(): boolean {
    return read<Kept>(KEY)?.token !== undefined
  }

  /** start opens what was open when the device was used last. */
  async start(): Promise<void> {
    addEventListener('storage', (event) => {
      if (event.key === KEY) this.#other()
    })
    setInterval(() => void this.renew(), RENEW) // who leaves the app open for months stays signed in too
    const kept = read<Kept>(KEY)
    if (kept?.token && kept.user) await this.#open({ token: kept.token, user: kept.user })
  }

  async signIn(login: string, password: string): Promise<void> {
    await this.#enter(await this.#logIn(login, password))
  }

  async signUp(person: Wire['Registration']): Promise<void> {
    const signedIn = await this.api.post<SignedIn>('/auth/register', person)
    knownAs(person.email, signedIn.device)
    await this.#enter(signedIn)
  }

  async guest(name: string, surname: string, link: string): Promise<void> {
    await this.#enter(await this.api.post<Kept>('/auth/guest', { name, ...(surname ? { surname } : {}), link }))
  }

  /** change notes that the account was changed. */
  changed(user: Me): void {
    if (this.home) this.home.me = user
    this.#write(user)
  }

  /** again signs in once more, with a new password; what is open stays open. */
  async again(login: string, password: string): Promise<void> {
    const { token, user } = await this.#logIn(login, password)
    this.#token = token
    this.#write(user)
  }

  /** signOut ends the session on this device, and on the server where it knows of sessions. */
  async signOut(): Promise<void> {
    await this.#leave(() => this.api.post('/auth/logout').catch(() => undefined))
  }

  /** end closes what is open; the counts that are kept stay on the device for the next time. */
  async end(code: string): Promise<void> {
    const { home } = this
    if (!home) return
    this.ended = this.#leaving ? '' : code
    this.home = undefined
    this.#token = undefined
    write(KEY, undefined)
    await home.close(this.#leaving)
  }

  /** erase deletes the account, and forgets what was kept of it. */
  async erase(password: string): Promise<void> {
    const id = this.me?.id
    await this.#leave(() => this.api.call('DELETE', '/me', password ? { currentPassword: password } : undefined))
    write(KNOWN, undefined)
    if (id) await (await import('../core/store')).forgetStore(id)
  }

  /** leave ends the session by the person's own wish, although the line may tell of its end before the answer does. */
  async #leave(act: () => Promise<unknown>): Promise<void> {
    this.#leaving = true
    try {
      await act()
      await this.end('')
    } finally {
      this.#leaving = false
    }
  }

  async #logIn(login: string, password: string): Promise<SignedIn> {
    const device = read<Record<string, string>>(KNOWN)?.[nameOf(login)]
    const signedIn = await this.api.post<SignedIn>('/auth/login', { login, password, ...(device ? { device } : {}) })
    knownAs(login, signedIn.device)
    return signedIn
  }

  /** enter opens what belongs to who signed in just now, and keeps it for the next time. */
  async #enter(signedIn: Kept): Promise<void> {
    await this.#open(signedIn)
    this.#write(signedIn.user)
  }

  async #open({ token, user }: Kept): Promise<void> {
    // Who is not signed in needs none of what belongs to an account.
    const { Home } = await import('./home.svelte')
    this.#token = token
    this.ended = ''
    const home = new Home(
      this.api,
      user,
      () => this.#token,
      (code) => {
        if (this.home === home) void this.end(code)
      },
    )
    await home.open()
    this.home = home
    void this.renew()
    void this.#language()
  }

  /** renew asks for a fresh token when half of this one's time is over, so that who comes back stays signed in. */
  async renew(): Promise<void> {
    const [from, to] = lifetime(this.#token)
    if (!to || Date.now() < (from + to) / 2) return
    const fresh = await this.api.post<Kept>('/auth/renew').catch(() => undefined)
    if (!fresh?.token || fresh.user.id !== this.me?.id) return
    this.#token = fresh.token
    this.#write(fresh.user)
  }

  /** language shows the app in the account's language, on a device where none was chosen. */
  async #language(): Promise<void> {
    if (device.language) return
    const me = await this.api.get<{ locale?: string | null }>('/me').catch(() => undefined)
    const locale = languages.find((l) => l === me?.locale)
    if (locale && locale !== text.language) await text.use(locale).catch(() => undefined)
  }

  #write(user: Me): void {
    write(KEY, { token: this.#token, user })
  }

  /** other follows another tab, in which somebody signed in or out. */
  #other(): void {
    const kept = read<Kept>(KEY)
    if (kept?.user?.id !== this.me?.id) location.reload()
    else if (kept?.token) this.#token = kept.token
  }
}

const nameOf = (login: string): string => login.trim().toLowerCase()

/** knownAs keeps what the server knows this device by, for those who signed in here last. */
function knownAs(login: string, device: string | undefined): void {
  if (!device) return
  const others = Object.entries(read<Record<string, string>>(KNOWN) ?? {}).filter(([name]) => name !== nameOf(login))
  write(KNOWN, Object.fromEntries([...others, [nameOf(login), device]].slice(-MOST_KNOWN)))
}

/** lifetime is from when to when a token is good, in ms; zeros for one that cannot be read. */
function lifetime(token: string | undefined): [from: number, to: number] {
  try {
    const claims = JSON.parse(atob((token?.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as { iat?: number; exp?: number }
    return [(claims.iat ?? 0) * 1000, (claims.exp ?? 0) * 1000]
  } catch {
    return [0, 0]
  }
}

export const session = new Session()
