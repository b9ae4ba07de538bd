import Foundation

/// A value behind a lock: what more than one thread may touch.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// How long to wait before the next attempt: longer after each, and never for all at the same moment.
struct Backoff: Sendable {
    let first: TimeInterval
    let most: TimeInterval
    private var attempts = 0

    init(first: TimeInterval, most: TimeInterval) {
        self.first = first
        self.most = most
    }

    /// A random time between half of what it grew to and all of it.
    mutating func next() -> TimeInterval {
        let grown = min(most, first * pow(2, Double(min(attempts, 30))))
        attempts += 1
        return grown * Double.random(in: 0.5...1)
    }

    /// The same after an error, and never less than what the server asked for.
    mutating func next(after error: ZikrError) -> TimeInterval { max(next(), Double(error.retryAfterMs ?? 0) / 1_000) }

    mutating func reset() { attempts = 0 }
}

/// Waits that long, or until the task is cancelled.
func pause(_ seconds: TimeInterval) async throws {
    try await Task.sleep(nanoseconds: UInt64(max(0, seconds) * 1_000_000_000))
}

/// Does the work, or throws `.timedOut` and cancels it.
func within<Result: Sendable>(_ seconds: TimeInterval, _ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await pause(seconds)
            throw ZikrError.timedOut
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw ZikrError.timedOut }
        return result
    }
}
