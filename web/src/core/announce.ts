// What a screen reader is told of what happens on a screen: never more than a sentence
// every few seconds, one's own doings first, and the rest as a number.

const EVERY = 3000 // ms

export class Announcer {
  #say: (sentence: string) => void
  #more: (n: number) => string
  #own: string[] = []
  #others: string[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(say: (sentence: string) => void, more: (n: number) => string) {
    this.#say = say
    this.#more = more
  }

  own(sentence: string): void {
    this.#own.push(sentence)
    this.#plan(0)
  }

  others(sentence: string): void {
    this.#others.push(sentence)
    this.#plan(EVERY)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #plan(first: number): void {
    this.#timer ??= setTimeout(() => this.#next(), first)
  }

  #next(): void {
    this.#timer = undefined
    const sentence = this.#own.shift() ?? this.#together()
    if (sentence === undefined) return
    this.#say(sentence)
    this.#timer = setTimeout(() => this.#next(), EVERY)
  }

  #together(): string | undefined {
    const [first, ...rest] = this.#others
    this.#others = []
    if (first === undefined || rest.length === 0) return first
    return `${first} ${this.#more(rest.length)}`
  }
}
