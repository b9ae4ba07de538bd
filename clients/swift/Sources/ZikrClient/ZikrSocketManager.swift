import Foundation

/// The way to a zikr server: connects, keeps the connection, tells what happens, and asks for what a person does.
///
/// It may be used from any actor and any thread. After ``disconnect()`` has returned, nothing is told any more.
public final class ZikrSocketManager: Sendable {
    /// The one that most apps need. It goes to the server that ``ZikrConfiguration/ofTheApp`` names, unless ``configure(_:)`` is called first.
    public static let shared = ZikrSocketManager(.ofTheApp)

    let core: Core
    let taps: TapDesk
    private let lifecycle = Locked<Lifecycle?>(nil)

    public init(_ configuration: ZikrConfiguration) {
        core = Core(configuration)
        taps = TapDesk(core)
    }

    public convenience init(url: URL) { self.init(ZikrConfiguration(url: url)) }

    deinit { disconnect() }

    /// Changes the server or the client's ways, from the next `connect` on.
    public func configure(_ configuration: ZikrConfiguration) { core.state.with { $0.configuration = configuration } }

    public var configuration: ZikrConfiguration { core.state.with { $0.configuration } }

    // MARK: Connection

    /// Connects with this token, and stays connected until ``disconnect()``. When the token has expired, ``status`` is `refused`: connect again.
    public func connect(withToken token: String) { connect(TokenSource(fixed: token), userID: TokenSource.userID(of: token)) }

    /// Connects with the token that the closure gives. It is asked for a fresh one when that has expired.
    public func connect(withToken provider: @escaping ZikrTokenProvider) { connect(TokenSource(provider), userID: nil) }

    private func connect(_ tokens: TokenSource, userID: String?) {
        core.gate.lock()
        defer { core.gate.unlock() }
        if configuration.followsApp { lifecycle.with { $0 = $0 ?? Lifecycle(core) } }
        core.connect(tokens, userID: userID)
        taps.start()
    }

    /// Ends the connection at once: others see the user offline. When it has returned no closure is called any more, every stream has
    /// ended, and every call that waited has failed with ``ZikrError/disconnected``. Unsent taps stay in their file for the next `connect`.
    public func disconnect() {
        core.gate.lock()
        defer { core.gate.unlock() }
        core.disconnect()
        taps.stop()
    }

    /// How the client stands with its server.
    public var status: ZikrStatus { core.state.with { $0.status } }

    /// The user whose token is in use, if the token says it.
    public var userID: String? { core.state.with { $0.userID } }

    /// The app goes into the background: the connection is left, others see the user offline, and calls wait. Called by itself where
    /// the system tells of it (``ZikrConfiguration/followsApp``).
    public func enterBackground() { core.sleep() }

    /// The app is back: connects at once, and brings every joined group up to date.
    public func enterForeground() { core.rise() }

    /// The network is back or another: tries at once, instead of waiting for its next attempt.
    public func networkChanged() { core.state.with { $0.link }?.hurry() }

    // MARK: What the server tells

    /// Every event, from now until ``disconnect()``.
    public var events: ZikrStream<ZikrEvent> { core.stream(of: nil) }

    /// Every event about this group, from now until ``disconnect()``. Those of its log come without a gap and without a repeat, through lost
    /// connections too, once the group is joined with ``joinGroup(_:since:)``.
    public func events(in groupId: String) -> ZikrStream<ZikrEvent> { core.stream(of: groupId) }

    /// The status, and every change of it until ``disconnect()``. A slow reader sees the newest.
    public var statuses: ZikrStream<ZikrStatus> { core.statusStream() }

    /// Calls back with every event, on ``ZikrConfiguration/callbackQueue``, until the subscription is cancelled. It outlives `disconnect`: after the
    /// next `connect` it is called again.
    public func onEvent(_ closure: @escaping @Sendable (ZikrEvent) -> Void) -> ZikrSubscription { core.listen(closure) }

    /// Calls back with every event of one type: `zikr.on(PoraBooked.self) { booked in … }`.
    public func on<Payload: Sendable>(_ type: Payload.Type, _ closure: @escaping @Sendable (Payload) -> Void) -> ZikrSubscription {
        core.listen { event in if let payload = event.payload as? Payload { closure(payload) } }
    }

    /// Calls back with every change of the status.
    public func onStatus(_ closure: @escaping @Sendable (ZikrStatus) -> Void) -> ZikrSubscription { core.listenToStatus(closure) }

    // MARK: REST

    /// What the events do not have: accounts, groups, snapshots, lists. It sends the token that is in use.
    public var rest: ZikrREST {
        let (configuration, link) = core.state.with { ($0.configuration, $0.link) }
        return ZikrREST(url: configuration.url, timeout: configuration.callTimeout) { try await link?.tokens.current() }
    }
}

/// Ends a closure's subscription: by ``cancel()``, or when nobody holds it any more.
public final class ZikrSubscription: Sendable {
    private let end: @Sendable () -> Void

    init(_ end: @escaping @Sendable () -> Void) { self.end = end }

    deinit { end() }

    public func cancel() { end() }
}

/// What is told, one after another. It ends with ``ZikrSocketManager/disconnect()``, and when its reader is cancelled. One reader at a time.
public struct ZikrStream<Element: Sendable>: AsyncSequence, Sendable {
    final class Source: Sendable {
        let mailbox: Mailbox<Element>
        private let end: @Sendable () -> Void

        init(_ mailbox: Mailbox<Element>, _ end: @escaping @Sendable () -> Void) {
            self.mailbox = mailbox
            self.end = end
        }

        deinit {
            mailbox.close()
            end()
        }
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: Source

        public mutating func next() async -> Element? { try? await source.mailbox.next() }
    }

    let source: Source

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }
}
