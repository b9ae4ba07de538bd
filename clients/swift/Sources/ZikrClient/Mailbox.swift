import Foundation

/// Values on their way from those who put them to those who take them, in order. It holds a bounded number, and what is in it
/// when it is closed is taken by nobody any more.
final class Mailbox<Element: Sendable>: Sendable {
    /// What happens to a value that finds the mailbox full.
    enum Overflow: Sendable {
        /// All that waits is dropped; this value tells the reader so.
        case tell(Element)
        /// What waits is of no interest any more: only the newest value is kept.
        case keepNewest
    }

    private struct State {
        var waiting: [Element] = []
        var taken = 0 // of waiting, from its start
        var closed: Result<Void, any Error>?
        var finished: Result<Void, any Error>? // is closed when it is empty
        var readers: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextReader = 0

        mutating func wake() -> [CheckedContinuation<Void, Never>] {
            defer { readers = [:] }
            return Array(readers.values)
        }
    }

    private let capacity: Int
    private let overflow: Overflow
    private let state = Locked(State())

    init(capacity: Int, overflow: Overflow) {
        self.capacity = capacity
        self.overflow = overflow
    }

    func put(_ element: Element) {
        let readers = state.with { state -> [CheckedContinuation<Void, Never>] in
            guard state.closed == nil, state.finished == nil else { return [] }
            if state.waiting.count - state.taken >= capacity {
                state.waiting = []
                state.taken = 0
                if case .tell(let lost) = overflow { state.waiting.append(lost) }
            }
            state.waiting.append(element)
            return state.wake()
        }
        for reader in readers { reader.resume() }
    }

    /// Ends it after what is in it was taken.
    func finish(_ error: (any Error)? = nil) {
        let readers = state.with { state -> [CheckedContinuation<Void, Never>] in
            state.finished = state.finished ?? (error.map { .failure($0) } ?? .success(()))
            return state.wake()
        }
        for reader in readers { reader.resume() }
    }

    /// Ends it at once: readers get nothing more, or the error.
    func close(_ error: (any Error)? = nil) {
        let readers = state.with { state -> [CheckedContinuation<Void, Never>] in
            guard state.closed == nil else { return [] }
            state.closed = error.map { .failure($0) } ?? .success(())
            state.waiting = []
            return state.wake()
        }
        for reader in readers { reader.resume() }
    }

    /// The next value; nil when it is closed or the task is cancelled.
    func next() async throws -> Element? {
        while true {
            if let answer = try take({ state in
                defer {
                    state.taken += 1
                    if state.taken > 256, state.taken * 2 > state.waiting.count {
                        state.waiting.removeFirst(state.taken)
                        state.taken = 0
                    }
                }
                return state.waiting[state.taken]
            }) { return answer }
            if isOver { return nil }
            await arrival()
        }
    }

    /// All that waits, at least one; nil when it is closed or the task is cancelled.
    func all() async throws -> [Element]? {
        while true {
            if let answer = try take({ state in
                defer {
                    state.waiting = []
                    state.taken = 0
                }
                return Array(state.waiting[state.taken...])
            }) { return answer }
            if isOver { return nil }
            await arrival()
        }
    }

    private func take<Result>(_ read: (inout State) -> Result) throws -> Result? {
        try state.with { state in
            if let closed = state.closed {
                try closed.get()
                return nil
            }
            if state.taken < state.waiting.count { return read(&state) }
            if let finished = state.finished {
                state.closed = finished
                try finished.get()
            }
            return nil
        }
    }

    private var isOver: Bool { Task.isCancelled || state.with { $0.closed != nil } }

    /// Waits until there is something to look at.
    private func arrival() async {
        let id = state.with { state -> Int in
            state.nextReader += 1
            return state.nextReader
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.with { state -> Bool in
                    if state.taken < state.waiting.count || state.closed != nil || state.finished != nil || Task.isCancelled { return true }
                    state.readers[id] = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            state.with { $0.readers.removeValue(forKey: id) }?.resume()
        }
    }
}
