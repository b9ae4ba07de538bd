import Foundation

/// A zikr of a group: what taps are counted for.
public struct TapTarget: Codable, Hashable, Sendable {
    public var groupId: String
    public var zikrId: String

    public init(groupId: String, zikrId: String) {
        self.groupId = groupId
        self.zikrId = zikrId
    }
}

/// Taps that were sealed for sending. The same `opId` always means the same count, so that the server counts them once however often they are sent.
public struct TapBatch: Codable, Hashable, Sendable {
    public var opId: String
    public var target: TapTarget
    public var count: Int
    public var sealedAt: Date
    /// Why the server will never take it; nil while it may.
    public var refusal: Refusal?

    public struct Refusal: Codable, Hashable, Sendable {
        public var code: ErrorCode
        public var message: String
    }

    /// The server remembers an `opId` for 30 days. What was sealed longer ago may have been counted or not: a person must say.
    static let memory: TimeInterval = 29 * 86_400

    func isStale(_ now: Date) -> Bool { now.timeIntervalSince(sealedAt) > Self.memory }
}

/// One line of the file of taps.
enum TapRecord: Codable, Hashable {
    case tap(TapTarget, Int) // negative: taken back
    case seal(TapBatch)
    case done(String)
    case refused(String, TapBatch.Refusal)
    case renewed(String, Date) // a stale batch that a person wants to be sent
}

/// The taps that the server has not confirmed: what the records of a file come to.
struct TapState: Equatable, Sendable {
    private(set) var open: [TapTarget: Int] = [:]
    private(set) var batches: [TapBatch] = [] // oldest first

    mutating func apply(_ record: TapRecord) {
        switch record {
        case .tap(let target, let count):
            let now = max(0, open[target, default: 0] + count)
            open[target] = now == 0 ? nil : now
        case .seal(let batch):
            apply(.tap(batch.target, -batch.count))
            batches.append(batch)
        case .done(let opID): batches.removeAll { $0.opId == opID }
        case .refused(let opID, let refusal): change(opID) { $0.refusal = refusal }
        case .renewed(let opID, let date): change(opID) { $0.sealedAt = date }
        }
    }

    private mutating func change(_ opID: String, _ body: (inout TapBatch) -> Void) {
        guard let i = batches.firstIndex(where: { $0.opId == opID }) else { return }
        body(&batches[i])
    }

    /// The records that come to this state: what a file is written anew with.
    var records: [TapRecord] {
        batches.flatMap { batch -> [TapRecord] in
            var sealed = batch
            sealed.refusal = nil
            return [.tap(batch.target, batch.count), .seal(sealed)] + (batch.refusal.map { [.refused(batch.opId, $0)] } ?? [])
        } + open.sorted { ($0.key.groupId, $0.key.zikrId) < ($1.key.groupId, $1.key.zikrId) }.map { .tap($0.key, $0.value) }
    }

    /// The records that seal what is open: one batch a zikr at a time, none above what the server takes in one counting.
    func seals(_ now: Date, opID: () -> String) -> [TapRecord] {
        open.compactMap { target, count in
            if batches.contains(where: { $0.target == target && $0.refusal == nil && !$0.isStale(now) }) { return nil }
            return .seal(TapBatch(opId: opID(), target: target, count: min(count, Self.most), sealedAt: now))
        }
    }

    /// The largest counting of the contract.
    static let most = 100_000

    /// The batches that may be sent.
    func ready(_ now: Date) -> [TapBatch] { batches.filter { $0.refusal == nil && !$0.isStale(now) } }

    /// Taps that a person made and the server has not confirmed. Refused ones are not among them.
    func unsent(_ target: TapTarget) -> Int {
        open[target, default: 0] + batches.reduce(0) { $0 + ($1.target == target && $1.refusal == nil ? $1.count : 0) }
    }

    var unsent: Int { open.values.reduce(0, +) + batches.reduce(0) { $0 + ($1.refusal == nil ? $1.count : 0) } }
}
