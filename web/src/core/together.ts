// What comes close together is shown together: in a frame, and no more often than the
// device can draw it, so that a busy group leaves time for what the person does.

const SOONEST = 66 // ms from one showing to the next
const LATEST = 250 // ms, on a slow device
const SHARE = 6 // showing takes one part of the time, and leaves so many
const HIDDEN = 250 // ms, of a page that nobody sees: it has no frames
const NO_FRAME = 500 // ms without a frame: the page was hidden meanwhile

export class Together<T> {
  #show: (waiting: T[]) => void
  #waiting: T[] = []
  /** planned is the number of the showing that is to come; 0 for none. */
  #planned = 0
  #plans = 0
  #late: ReturnType<typeof setTimeout> | undefined
  #shown = -Infinity
  /** took is how long the last showing took, with what the browser did to draw it, in ms. */
  #took = 0

  constructor(show: (waiting: T[]) => void) {
    this.#show = show
  }

  add(one: T): void {
    this.#waiting.push(one)
    if (this.#planned === 0) this.#plan()
  }

  /** flush shows what waits at once. */
  flush(): void {
    this.#planned = 0
    clearTimeout(this.#late)
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    this.#shown = performance.now()
    this.#show(waiting)
  }

  /** close shows nothing any more. */
  close(): void {
    this.#waiting = []
    this.flush()
  }

  #plan(): void {
    const plan = (this.#planned = ++this.#plans)
    const flush = (): void => {
      if (this.#planned === plan) this.flush()
    }
    this.#late = setTimeout(flush, document.hidden ? HIDDEN : NO_FRAME)
    if (document.hidden) return
    const pause = Math.min(Math.max(SOONEST, this.#took * SHARE), LATEST)
    const wait = Math.max(0, this.#shown + pause - performance.now())
    setTimeout(() => {
      requestAnimationFrame(() => {
        if (this.#planned !== plan) return
        this.flush()
        setTimeout(() => (this.#took = performance.now() - this.#shown)) // after the frame was drawn
      })
    }, wait)
  }
}
