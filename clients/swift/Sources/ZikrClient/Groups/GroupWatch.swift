import Foundation

extension ZikrSocketManager {
    /// A group as it is, and every time that it changes: joins its channel, reads the snapshot, applies the events, comes back with what was
    /// missed, and reads the snapshot again when it must. A slow reader sees the newest state.
    ///
    ///     for try await group in zikr.watch(groupId) { show(group.snapshot) }
    ///
    /// It ends without an error with ``disconnect()`` and when the group ends, and with ``ZikrError/refused(_:)`` when the user may not see it.
    /// - Parameter saved: a state that was kept from before: it is given first, also without a connection, and only what came since is asked for.
    public func watch(_ groupId: String, from saved: GroupState? = nil) -> ZikrGroupWatch {
        let states = Mailbox<GroupState>(capacity: 1, overflow: .keepNewest)
        if let saved { states.put(saved) }
        let generation = core.state.with { $0.generation }
        let watcher = Watcher(zikr: self, groupID: groupId, states: states, events: core.stream(of: nil))
        let task = Task {
            do {
                try await Core.$generation.withValue(generation) { try await watcher.run(from: saved) }
                states.finish()
            } catch {
                states.finish(ZikrError(any: error) == .disconnected ? nil : error)
            }
        }
        return ZikrGroupWatch(source: .init(states) { task.cancel() })
    }
}

/// The states of a group, one after another: see ``ZikrSocketManager/watch(_:from:)``.
public struct ZikrGroupWatch: AsyncSequence, Sendable {
    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: ZikrStream<GroupState>.Source

        public mutating func next() async throws -> GroupState? { try await source.mailbox.next() }
    }

    let source: ZikrStream<GroupState>.Source

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }
}

private struct Watcher {
    let zikr: ZikrSocketManager
    let groupID: String
    let states: Mailbox<GroupState>
    let events: ZikrStream<ZikrEvent> // all: what one is answered names no group

    func run(from saved: GroupState?) async throws {
        try await patiently { _ = try await zikr.joinGroup(groupID, since: saved?.seq) }
        var state: GroupState
        if let saved, let seen = zikr.seen(groupID), seen >= saved.seq { state = saved } else { state = try await read() }
        states.put(state)
        for await event in events {
            let before = state
            switch state.apply(event) {
            case .ended: return
            case .needsSnapshot: state = state.with(try await read().snapshot)
            case .applied, .known: break
            }
            if state != before { states.put(state) }
        }
    }

    private func read() async throws -> GroupState {
        var snapshot: Snapshot?
        try await patiently { snapshot = try await zikr.rest.getGroup(groupID) }
        guard let snapshot, zikr.core.state.with({ $0.isMeant }) else { throw ZikrError.disconnected }
        return GroupState(snapshot, userID: zikr.userID ?? "")
    }

    /// Tries until it is done, or will never be.
    private func patiently(_ work: () async throws -> Void) async throws {
        var backoff = Backoff(first: 0.2, most: 10)
        while true {
            do { return try await work() } catch {
                let error = ZikrError(any: error)
                guard error.isPassing, error != .disconnected, !Task.isCancelled, zikr.status != .disconnected else { throw error }
                if case .refused = zikr.status { throw error }
                try await pause(backoff.next(after: error))
            }
        }
    }
}
