import Foundation

/// Where the app brings its taps, and what sends them. It has the queue of the user whose token is in use.
final class TapDesk: Sendable {
    private struct State {
        var queue: TapQueue?
        var file: URL? // of the queue
        var sender: Task<Void, Never>?
        var readers: [Int: Mailbox<Void>] = [:]
        var last = 0
    }

    private let core: Core
    private let state = Locked(State())

    init(_ core: Core) { self.core = core }

    deinit {
        state.with { state in
            state.sender?.cancel()
            state.queue?.close()
        }
    }

    /// Starts sending for who is connected now; it ends by itself with the connection. Under the gate, as connecting is.
    func start() {
        let generation = core.state.with { $0.generation }
        let task = Task { [weak self, core] in
            await Core.$generation.withValue(generation) {
                while let self, core.state.with({ $0.isMeant && $0.link != nil }) {
                    let wait = await self.round()
                    if let wait { try? await pause(wait) } else { _ = try? await core.poke.next() }
                }
            }
            core.poke.put(()) // it may have been meant for the next one
        }
        state.with { state -> Task<Void, Never>? in
            defer { state.sender = task }
            return state.sender
        }?.cancel()
    }

    /// Ends the streams of who follows the taps.
    func stop() {
        let readers = state.with { state -> [Mailbox<Void>] in
            defer { state.readers = [:] }
            return Array(state.readers.values)
        }
        for reader in readers { reader.close() }
    }

    /// The queue of the user in whose name the client is connected. Without a token that says whose it is there is none.
    func queue() async throws -> TapQueue {
        let (isMeant, link, known) = core.state.with { ($0.isMeant, $0.link, $0.userID) }
        guard isMeant, let link else { throw ZikrError.disconnected }
        var userID = known
        if userID == nil { userID = TokenSource.userID(of: try await link.tokens.current()) }
        guard let userID else { throw ZikrError.disconnected }
        let file = try file(of: userID)
        return try state.with { state in
            if let queue = state.queue, state.file == file { return queue }
            state.queue?.close() // one file at a time
            state.queue = nil
            let queue = try TapQueue(file: file)
            state.queue = queue
            state.file = file
            return queue
        }
    }

    private func file(of userID: String) throws -> URL {
        let configuration = core.state.with { $0.configuration }
        let folder = try configuration.tapFolder ?? FileManager.default
            .url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true).appendingPathComponent("zikr")
        return folder.appendingPathComponent(escaped(configuration.url.host ?? "server"), isDirectory: true).appendingPathComponent(escaped(userID) + ".taps")
    }

    func changed() {
        core.poke.put(())
        for reader in state.with({ Array($0.readers.values) }) { reader.put(()) }
    }

    func changes() -> ZikrStream<Void> {
        let mailbox = Mailbox<Void>(capacity: 1, overflow: .keepNewest)
        mailbox.put(())
        let id = state.with { state -> Int in
            state.last += 1
            state.readers[state.last] = mailbox
            return state.last
        }
        return ZikrStream(source: .init(mailbox) { [weak self] in self?.state.with { $0.readers[id] = nil } })
    }

    /// Sends what waits, once. Returns in how many seconds to come again; nil: when there is something to do.
    private func round() async -> TimeInterval? {
        guard core.state.with({ $0.session != nil }), let queue = try? await queue(), queue.unsent > 0 else { return nil }
        let started = Date()
        guard let wait = await send(queue) else { return nil }
        let interval = core.state.with { $0.configuration.tapInterval }
        return max(wait, interval - Date().timeIntervalSince(started))
    }

    /// Sends every batch that is ready. Returns how long the server wants to be left in peace, in seconds; nil if there was none.
    func send(_ queue: TapQueue) async -> TimeInterval? {
        guard let batches = try? await queue.seal() else { return 5 } // the disk is full, perhaps: later
        if batches.isEmpty { return nil }
        for batch in batches {
            do {
                let payload = UpdateZikrCount(groupId: batch.target.groupId, zikrId: batch.target.zikrId, count: batch.count, opId: batch.opId)
                let _: ZikrUpdateConfirmed = try await core.call("update_zikr_count", .ready(try Wire.encoder().encode(payload)), timeout: 5)
                try await queue.confirmed(batch.opId)
            } catch {
                let error = ZikrError(any: error)
                guard case .refused(let refusal) = error, !error.isPassing else { return Double(error.retryAfterMs ?? 1_000) / 1_000 }
                try? await queue.refused(batch.opId, refusal)
            }
            changed()
        }
        return 0
    }
}

extension ZikrSocketManager {
    /// Counts taps on a zikr, with or without a connection. When it returns they are in a file, and will be counted once: they are sent
    /// every second, after a crash and after days too. Returns how many of this zikr are unsent now, these included.
    @discardableResult
    public func tap(_ zikrId: String, in groupId: String, count: Int = 1) async throws -> Int {
        let unsent = try await taps.queue().add(count, to: TapTarget(groupId: groupId, zikrId: zikrId))
        taps.changed()
        return unsent
    }

    /// Counts taps: calls back when they are in the file.
    public func tap(_ zikrId: String, in groupId: String, count: Int = 1, completion: @escaping ZikrCompletion<Int>) {
        complete(completion) { try await $0.tap(zikrId, in: groupId, count: count) }
    }

    /// Takes taps back that are not on their way yet. Returns how many.
    @discardableResult
    public func takeBack(_ zikrId: String, in groupId: String, count: Int = 1) async throws -> Int {
        let taken = try await taps.queue().takeBack(count, from: TapTarget(groupId: groupId, zikrId: zikrId))
        taps.changed()
        return taken
    }

    /// The unsent taps of the user whose token is in use: how many, those that the server refused, those that are too old to be sent unasked.
    public func tapQueue() async throws -> TapQueue { try await taps.queue() }

    /// Tells at once and after every change that the taps should be looked at, until ``disconnect()``.
    public var tapChanges: ZikrStream<Void> { taps.changes() }

    /// Sends the taps now, and waits until the server has them or cannot be reached. Returns how many are left: ask before a person signs out with some.
    public func sendTaps() async throws -> Int {
        let generation = core.state.with { $0.generation }
        return try await Core.$generation.withValue(generation) {
            let queue = try await taps.queue()
            if core.state.with({ $0.session != nil }) { _ = await taps.send(queue) }
            return queue.unsent
        }
    }
}
