// Waiting for what must happen, with a deadline, instead of sleeping.

export const DEADLINE = 20_000 // ms that anything expected may take

// until polls condition until it returns something true, which it returns. what is
// waited for may be a function, called at the end.
export async function until(condition, what, timeout = DEADLINE) {
  const end = performance.now() + timeout
  for (;;) {
    const result = await condition()
    if (result) return result
    if (performance.now() > end) throw new Error(`waited ${timeout} ms for ${typeof what === 'function' ? what() : what}`)
    await pause(15)
  }
}

// pause is for polling, and for tests in which time itself is the subject.
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

// within fails if the promise is not settled in time.
export function within(promise, what, timeout = DEADLINE) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeout} ms for ${what}`)), timeout)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

// A Recorder keeps everything that came, in order. Each item can be taken once,
// so that a test that takes two events knows that there were two.
export class Recorder {
  items = []
  #taken = new Set()
  #waiting = new Set()
  #ended

  constructor(describe = JSON.stringify) {
    this.describe = describe
  }

  add(item) {
    this.items.push(item)
    for (const look of [...this.#waiting]) look()
  }

  // end says that nothing will come any more: who still waits fails now.
  end(reason) {
    this.#ended = reason
    for (const look of [...this.#waiting]) look()
  }

  // now takes the first matching item that is there already, or returns undefined.
  now(match) {
    const found = this.items.find((item) => !this.#taken.has(item) && match(item))
    if (found !== undefined) this.#taken.add(found)
    return found
  }

  // take takes the first matching item that was not taken, waiting for it if need be.
  take(match, what, timeout = DEADLINE) {
    const found = this.now(match)
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        settle(value)
      }
      const fail = (why) => finish(reject, new Error(`${why} ${what}; came so far:\n${this.tail()}`))
      const look = () => {
        const item = this.now(match)
        if (item !== undefined) finish(resolve, item)
        else if (this.#ended) fail(`${this.#ended}, still waiting for`)
      }
      const timer = setTimeout(() => fail(`waited ${timeout} ms for`), timeout)
      this.#waiting.add(look)
      look()
    })
  }

  tail(n = 15) {
    return this.items.slice(-n).map((item) => '  ' + this.describe(item).slice(0, 400)).join('\n') || '  (nothing)'
  }
}
