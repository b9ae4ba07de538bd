import Foundation

/// What keeps one user connected, from `connect(withToken:)` to `disconnect()`: one session after another.
final class Link: SessionOwner {
    private struct State {
        var ended = false
        var asleep = false
        var session: Session?
        var draining = false
        var expired = false
        var backoff: Backoff
        var refusals = 0 // since the last session that was good
        var failures: [String: Int] = [:] // in a row, by transport
    }

    let tokens: TokenSource
    private let configuration: ZikrConfiguration
    private let core: Core
    private let state: Locked<State>
    private let wake = Mailbox<Void>(capacity: 1, overflow: .keepNewest)

    init(_ core: Core, _ tokens: TokenSource, _ configuration: ZikrConfiguration, asleep: Bool) {
        self.core = core
        self.tokens = tokens
        self.configuration = configuration
        state = Locked(State(asleep: asleep, backoff: Backoff(first: configuration.firstWait, most: configuration.longestWait)))
    }

    func start() {
        Task { [self] in
            while !ended { await attempt() }
        }
    }

    /// Ends it. The goodbye is said behind the caller's back.
    func end() {
        let session = state.with { state -> Session? in
            state.ended = true
            return state.session
        }
        session?.leave()
        wake.put(())
    }

    /// The app goes: the connection is left, and not taken up again before `rise`.
    func sleep() {
        state.with { state -> Session? in
            state.asleep = true
            return state.session
        }?.leave()
    }

    func rise() {
        state.with {
            $0.asleep = false
            $0.backoff.reset()
        }
        wake.put(())
    }

    /// The network changed: tries at once if it is waiting.
    func hurry() { wake.put(()) }

    private var ended: Bool { state.with { $0.ended } }

    private func attempt() async {
        if state.with({ $0.asleep }) {
            core.changed(.paused, self)
            _ = try? await wake.next()
            return
        }
        core.changed(.connecting, self)
        do {
            let token = try await tokens.current()
            core.identified(TokenSource.userID(of: token), self)
            let session = try await open()
            _ = try await session.run(token: token, timeout: configuration.connectTimeout, owner: self)
            await lost(.unreachable("the server left the namespace"))
        } catch {
            await lost(ZikrError(any: error))
        }
    }

    private func open() async throws -> Session {
        var last: any Error = ZikrError.unreachable("no transport is configured")
        for kind in inOrder() {
            guard !ended else { throw ZikrError.disconnected }
            do {
                let session = try await Session.open(kind, configuration)
                state.with { $0.failures[kind.name] = 0 }
                return session
            } catch {
                last = error
                state.with { $0.failures[kind.name, default: 0] += 1 }
            }
        }
        state.with { $0.failures = [:] } // none works: that says nothing about one of them
        throw last
    }

    /// The transports, but first one that works if those before it have failed twice while it did not.
    private func inOrder() -> [ZikrTransportKind] {
        let failures = state.with { $0.failures }
        let good = configuration.transports.filter { failures[$0.name, default: 0] < 2 }
        return good + configuration.transports.filter { failures[$0.name, default: 0] >= 2 }
    }

    /// What follows the end of a session, or of an attempt.
    private func lost(_ error: ZikrError) async {
        let (draining, expired) = state.with { state -> (Bool, Bool) in
            defer {
                state.session = nil
                state.draining = false
                state.expired = false
            }
            return (state.draining, state.expired)
        }
        core.closed(self)
        guard !ended, !state.with({ $0.asleep }) else { return }
        if expired { return await renew(.refused(.expired)) }
        switch error.code {
        case .unauthenticated?, .tokenExpired?: await renew(error)
        case .accountSuspended?, .badCredentials?: giveUp(error) // a fresh token is of no use; the second is what a provider may throw
        default:
            core.changed(.waiting(error), self)
            await wait(state.with { draining ? Double.random(in: 0...0.2) : $0.backoff.next(after: error) })
        }
    }

    /// Asks for a fresh token at once; one that is refused too ends it, until the app connects again.
    private func renew(_ error: ZikrError) async {
        let refusals = state.with { state -> Int in
            state.refusals += 1
            return state.refusals
        }
        guard await tokens.forget(), refusals < 3 else { return giveUp(error) }
    }

    /// Does not try again: the person has to do something first.
    private func giveUp(_ error: ZikrError) {
        state.with { $0.ended = true }
        core.refused(error, self)
    }

    private func wait(_ seconds: TimeInterval) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await pause(seconds) }
            group.addTask { [wake] in _ = try? await wake.next() }
            await group.next()
            group.cancelAll()
        }
    }

    // What the session tells.

    func opened(_ session: Session) {
        let goesOn = state.with { state -> Bool in
            state.backoff.reset()
            state.refusals = 0
            state.session = session
            return !state.ended && !state.asleep
        }
        guard goesOn else { return session.leave() }
        core.opened(session, self)
    }

    func received(_ event: ZikrEvent) {
        if case .connectionStatus(let status) = event {
            state.with { state in
                state.draining = state.draining || status.status == .draining
                state.expired = state.expired || status.status == .expired
            }
        }
        core.received(event, self)
    }

    func acknowledged(_ id: Int, _ answer: Data) { core.acknowledged(id, answer) }
}
