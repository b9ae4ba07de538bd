import Foundation

/// What the connection, the callers and the readers share. Everything in it is behind one lock; closures are called under another, so
/// that none is called any more once `disconnect` has returned.
final class Core: Sendable {
    /// An event that a client sent and whose acknowledgement it waits for.
    struct Call: Sendable {
        enum Payload: Sendable {
            case ready(Data)
            /// `join_group`: what was seen last is known when it is sent.
            case join(String)
        }
        let name: String
        let payload: Payload
        let finish: @Sendable (Result<Data, ZikrError>) -> Void
    }

    struct Reader: Sendable {
        let groupID: String?
        let mailbox: Mailbox<ZikrEvent>
    }

    struct State {
        var configuration: ZikrConfiguration
        var link: Link?
        var session: Session?
        var status = ZikrStatus.disconnected
        var userID: String?
        var asleep = false
        var calls: [Int: Call] = [:]
        var channels = Channels()
        var readers: [Int: Reader] = [:]
        var statusReaders: [Int: Mailbox<ZikrStatus>] = [:]
        var listeners: [Int: @Sendable (ZikrEvent) -> Void] = [:]
        var statusListeners: [Int: @Sendable (ZikrStatus) -> Void] = [:]
        var last = 0 // of the numbers given out
        var generation = 0 // how often it was disconnected

        mutating func number() -> Int {
            last += 1
            return last
        }

        /// Whether the task's work is for who is connected now.
        var isMeant: Bool { Core.generation == nil || Core.generation == generation }
    }

    /// For which generation the task works, so that what was begun for one user is not done in the name of the next; nil: for that of now.
    @TaskLocal static var generation: Int?

    /// How many calls may wait for their answers at once.
    static let mostCalls = 1_000

    let state: Locked<State>
    let gate = NSRecursiveLock()
    /// Tells the sender of taps that it may have something to do.
    let poke = Mailbox<Void>(capacity: 1, overflow: .keepNewest)

    init(_ configuration: ZikrConfiguration) { state = Locked(State(configuration: configuration)) }

    /// Not for two threads at once: under the gate.
    func connect(_ tokens: TokenSource, userID: String?) {
        if state.with({ $0.link != nil }) { disconnect() } // streams that were made before the first connect wait for it
        state.with { state -> Link in
            let link = Link(self, tokens, state.configuration, asleep: state.asleep)
            state.link = link
            state.userID = userID
            return link
        }.start()
    }

    /// Ends the connection. Nothing is told after it has returned: streams end, calls fail, closures are not called.
    func disconnect() {
        gate.lock()
        defer { gate.unlock() }
        let old = state.with { state -> State in
            let old = state
            state.generation += 1
            state.link = nil
            state.session = nil
            state.status = .disconnected
            state.userID = nil
            state.calls = [:]
            state.channels = Channels()
            state.readers = [:]
            state.statusReaders = [:]
            return old
        }
        old.link?.end()
        for reader in old.readers.values { reader.mailbox.close() }
        for reader in old.statusReaders.values { reader.close() }
        for call in old.calls.values { call.finish(.failure(.disconnected)) }
        poke.put(())
    }

    // What the link tells. A link that is not the current one any more is not listened to.

    func identified(_ userID: String?, _ link: Link) {
        state.with { if $0.link === link, let userID { $0.userID = userID } }
        poke.put(())
    }

    func opened(_ session: Session, _ link: Link) {
        let isCurrent = state.with { state -> Bool in
            guard state.link === link else { return false }
            state.session = session
            for groupID in state.channels.toJoin() where !state.calls.values.contains(where: { $0.isJoin(groupID) }) {
                state.calls[state.number()] = joinAgain(groupID, link)
            }
            for id in state.calls.keys.sorted() { state.send(id) }
            return true
        }
        guard isCurrent else { return session.leave() }
        changed(.connected, link)
        poke.put(())
    }

    func closed(_ link: Link) {
        state.with { if $0.link === link { $0.session = nil } }
    }

    func refused(_ error: ZikrError, _ link: Link) {
        changed(.refused(error), link) // first: from now on calls are refused when they are made
        let calls = state.with { state -> [Call] in
            guard state.link === link else { return [] }
            defer { state.calls = [:] }
            return Array(state.calls.values)
        }
        for call in calls { call.finish(.failure(error)) }
    }

    func changed(_ status: ZikrStatus, _ link: Link) {
        let told = state.with { state -> ([Mailbox<ZikrStatus>], [Int], Int)? in
            guard state.link === link, state.status != status else { return nil }
            state.status = status
            return (Array(state.statusReaders.values), state.statusListeners.keys.sorted(), state.generation)
        }
        guard let (readers, listeners, generation) = told else { return }
        for reader in readers { reader.put(status) }
        for id in listeners { callBack(generation) { self.state.with { $0.statusListeners[id] }?(status) } }
    }

    func received(_ event: ZikrEvent, _ link: Link) {
        let told = state.with { state -> ([ZikrEvent], [Reader], [Int], Int)? in
            guard state.link === link else { return nil }
            return (state.channels.take(event), Array(state.readers.values), state.listeners.keys.sorted(), state.generation)
        }
        guard let (events, readers, listeners, generation) = told else { return }
        for event in events {
            let groupID = event.groupId
            for reader in readers where reader.groupID == nil || reader.groupID == groupID { reader.mailbox.put(event) }
            for id in listeners { callBack(generation) { self.state.with { $0.listeners[id] }?(event) } }
        }
    }

    func acknowledged(_ id: Int, _ answer: Data) {
        state.with { $0.calls.removeValue(forKey: id) }?.finish(.success(answer))
    }

    /// Calls a closure where closures are called, unless `disconnect` came before.
    func callBack(_ generation: Int, _ closure: @escaping @Sendable () -> Void) {
        state.with { $0.configuration.callbackQueue }.async { [self] in
            gate.lock()
            defer { gate.unlock() }
            if state.with({ $0.generation == generation }) { closure() }
        }
    }

    /// Joins a channel that was joined before the connection was lost. Who is no member any more is told that it is left, as one is who is
    /// connected when that happens.
    private func joinAgain(_ groupID: String, _ link: Link) -> Call {
        Call(name: "join_group", payload: .join(groupID)) { [weak self, weak link] result in
            guard let self, let link, case .success(let data) = result,
                  case .failure(let error) = (try? Wire.decoder().decode(Acknowledgement<JoinedGroup>.self, from: data))?.result else { return }
            if !error.isPassing {
                return self.received(.leftGroup(LeftGroup(groupId: groupID, message: error.localizedDescription, timestamp: Date())), link)
            }
            let wait = Double(error.retryAfterMs ?? 1_000) / 1_000
            Task { [weak self, weak link] in
                try? await pause(wait)
                self?.state.with { state in
                    guard let self, let link, state.link === link, state.session != nil, state.channels.isWanted(groupID) else { return }
                    let id = state.number()
                    state.calls[id] = self.joinAgain(groupID, link)
                    state.send(id)
                }
            }
        }
    }
}

extension Core.Call {
    func isJoin(_ groupID: String) -> Bool {
        if case .join(groupID) = payload { return true }
        return false
    }
}

extension Core.State {
    /// Puts a call on its way, if there is a connection.
    func send(_ id: Int) {
        guard let session, let call = calls[id] else { return }
        let payload: Data
        switch call.payload {
        case .ready(let data): payload = data
        case .join(let groupID):
            payload = (try? Wire.encoder().encode(JoinGroup(groupId: groupID, since: channels.seen(groupID)))) ?? Data("{}".utf8)
        }
        session.send(.event(call.name, payload, id: id, namespace: session.namespace))
    }
}
