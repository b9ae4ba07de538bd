import Foundation

/// The taps of one user that the server has not confirmed, in a file. A tap that was counted is never lost and never counted twice, whatever
/// crashes when.
///
/// Taps are added to what is open; what is open is sealed under an `opId` and sent; a sealed batch never changes, and leaves the
/// file when the server has confirmed it.
public final class TapQueue: Sendable {
    private struct Change {
        let records: (TapState) -> [TapRecord]
        let done: (Result<[TapRecord], any Error>) -> Void
    }

    private struct Inside {
        var state = TapState()
        var waiting: [Change] = []
    }

    /// Used on the queue only.
    private final class Disk: @unchecked Sendable {
        var file: TapFile? // nil once it is closed
        init(_ file: TapFile) { self.file = file }
    }

    private let disk: Disk
    private let io = DispatchQueue(label: "zikr.taps")
    private let inside = Locked(Inside())
    private let now: @Sendable () -> Date

    /// Opens the queue in this file. ``ZikrError/storage(_:)`` if it is open elsewhere or cannot be written.
    public convenience init(file: URL) throws { try self.init(file: file, now: { Date() }) }

    init(file url: URL, now: @escaping @Sendable () -> Date) throws {
        self.now = now
        var state = TapState()
        disk = Disk(try TapFile(url) { state.apply($0) })
        inside.with { $0.state = state }
    }

    /// Lets go of the file, so that another may open it. Nothing is counted any more.
    public func close() { io.sync { disk.file = nil } }

    /// Counts taps: they are in the file when it returns. Returns how many of this zikr are unsent now.
    @discardableResult
    public func add(_ count: Int = 1, to target: TapTarget) async throws -> Int {
        guard (1...TapState.most).contains(count) else {
            throw ZikrError.refused(ZikrRefusal(code: .countOutOfRange, message: "A count is 1 to \(TapState.most), and this is \(count)."))
        }
        try await change { _ in [.tap(target, count)] }
        return unsent(target)
    }

    /// Takes taps back that were not sealed yet. Returns how many: never more than there are.
    @discardableResult
    public func takeBack(_ count: Int = 1, from target: TapTarget) async throws -> Int {
        let records = try await change { state in
            let some = min(max(0, count), state.open[target, default: 0])
            return some > 0 ? [.tap(target, -some)] : []
        }
        if case .tap(_, let taken)? = records.first { return -taken }
        return 0
    }

    /// Seals what is open, if it may be sent. Returns all batches that wait to be sent, oldest first.
    func seal() async throws -> [TapBatch] {
        try await change { [now] in $0.seals(now(), opID: { UUID().uuidString }) }
        return inside.with { $0.state.ready(now()) }
    }

    func confirmed(_ opID: String) async throws { try await change { _ in [.done(opID)] } }

    func refused(_ opID: String, _ refusal: ZikrRefusal) async throws {
        try await change { _ in [.refused(opID, .init(code: refusal.code, message: refusal.message))] }
    }

    /// Taps of this zikr that the server has not confirmed.
    public func unsent(_ target: TapTarget) -> Int { inside.with { $0.state.unsent(target) } }

    /// All taps that the server has not confirmed.
    public var unsent: Int { inside.with { $0.state.unsent } }

    /// Batches that the server will never take, and why: tell the person, then ``drop(_:)`` them.
    public var refused: [TapBatch] { inside.with { $0.state.batches.filter { $0.refusal != nil } } }

    /// Batches that were sealed so long ago that the server may have forgotten whether it counted them. They are not sent by
    /// themselves: ask the person, then ``sendAgain(_:)`` or ``drop(_:)``.
    public var stale: [TapBatch] { inside.with { $0.state.batches.filter { $0.refusal == nil && $0.isStale(now()) } } }

    /// Forgets a refused or a stale batch.
    public func drop(_ batch: TapBatch) async throws { try await confirmed(batch.opId) }

    /// Sends a stale batch after all.
    public func sendAgain(_ batch: TapBatch) async throws {
        try await change { [now] _ in [.renewed(batch.opId, now())] }
    }

    /// Writes what the closure makes of the state. Changes that come together share one write and one fsync.
    @discardableResult
    private func change(_ records: @escaping @Sendable (TapState) -> [TapRecord]) async throws -> [TapRecord] {
        try await withCheckedThrowingContinuation { continuation in
            inside.with { $0.waiting.append(Change(records: records) { continuation.resume(with: $0) }) }
            io.async { self.writeWaiting() }
        }
    }

    private func writeWaiting() {
        let (changes, before) = inside.with { inside -> ([Change], TapState) in
            defer { inside.waiting = [] }
            return (inside.waiting, inside.state)
        }
        var state = before
        let made = changes.map { change -> [TapRecord] in
            let records = change.records(state)
            for record in records { state.apply(record) }
            return records
        }
        let all = made.flatMap { $0 }
        do {
            guard let file = disk.file else { throw ZikrError.storage("the queue is closed") }
            if !all.isEmpty { try file.append(all) }
            inside.with { [state] in $0.state = state }
            compact(file, state)
            for (change, records) in zip(changes, made) { change.done(.success(records)) }
        } catch {
            for change in changes { change.done(.failure(error)) }
        }
    }

    /// Writes the file anew when it is large and little of it is still of use. If that fails the old one is as good.
    private func compact(_ file: TapFile, _ state: TapState) {
        guard file.bytes > 64 << 10, state.records.count < 100 else { return }
        try? file.replace(state.records)
    }
}
