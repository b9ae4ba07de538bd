import Foundation

/// Who is told what a session does. All of it comes from one task, in order.
protocol SessionOwner: Sendable {
    func opened(_ session: Session)
    func received(_ event: ZikrEvent)
    func acknowledged(_ id: Int, _ answer: Data)
}

/// One connection to a namespace, from its handshake to its end.
final class Session: Sendable {
    enum End: Sendable {
        /// The server left the namespace: the token is not good any more.
        case dismissed
    }

    let namespace: String
    let transport: String
    private let line: any ZikrTransport
    private let handshake: Handshake
    private let outbox = Mailbox<String>(capacity: .max, overflow: .keepNewest)
    private let heard = Locked(ProcessInfo.processInfo.systemUptime)
    private let connected = Locked(false)

    /// The largest message that the server takes, in bytes.
    var maxPayload: Int { handshake.maxPayload }

    private init(_ line: any ZikrTransport, _ handshake: Handshake, kind: ZikrTransportKind, namespace: String) {
        self.line = line
        self.handshake = handshake
        self.namespace = namespace
        transport = kind.name
    }

    static func open(_ kind: ZikrTransportKind, _ configuration: ZikrConfiguration) async throws -> Session {
        let line = kind.make(configuration.url, configuration.connectTimeout)
        do {
            let first = try await within(configuration.connectTimeout) {
                try await withTaskCancellationHandler { try await line.open() } onCancel: { line.close() }
            }
            return Session(line, try Handshake(packet: first), kind: kind, namespace: configuration.namespace)
        } catch {
            line.close()
            throw error
        }
    }

    /// Puts a packet on its way.
    func send(_ packet: SocketPacket) { outbox.put(packet.text) }

    /// Says goodbye and ends the connection: `run` ends soon after.
    func leave() {
        Task.detached { [self] in
            let goodbye = SocketPacket(.disconnect, namespace).text
            try? await within(1) { [line] in try await line.send([goodbye, "1"]) }
            line.close()
        }
    }

    /// Connects to the namespace and lives until the connection ends. The first of the three that ends, ends all.
    func run(token: String, timeout: TimeInterval, owner: any SessionOwner) async throws -> End {
        var hello = SocketPacket(.connect, namespace)
        hello.json = try Wire.encoder().encode(["token": token])
        send(hello)
        return try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask { try await self.write() }
            group.addTask { try await self.watch(timeout) }
            group.addTask { try await self.read(owner) }
            defer {
                line.close()
                outbox.close()
                group.cancelAll()
            }
            return try await group.next() ?? .dismissed
        }
    }

    private func write() async throws -> End {
        while let packets = try await outbox.all() { try await line.send(packets) }
        throw ZikrError.disconnected
    }

    /// Ends a connection that does not connect in time, or whose server says nothing any more, not even a ping.
    private func watch(_ timeout: TimeInterval) async throws -> End {
        try await pause(timeout)
        guard connected.with({ $0 }) else { throw ZikrError.timedOut }
        while true {
            let silent = ProcessInfo.processInfo.systemUptime - heard.with { $0 }
            guard silent < handshake.patience else { throw ZikrError.unreachable("the server has said nothing for \(Int(silent)) s") }
            try await pause(handshake.patience - silent)
        }
    }

    private func read(_ owner: any SessionOwner) async throws -> End {
        while true {
            let packets = try await line.receive()
            heard.with { $0 = ProcessInfo.processInfo.systemUptime }
            for packet in packets {
                switch packet.first {
                case "2": outbox.put("3" + packet.dropFirst())
                case "4": if try take(packet.dropFirst(), owner) { return .dismissed }
                case "1": throw ZikrError.unreachable("the server closed the connection")
                case "6": break
                default: throw ZikrError.unreadable("the packet \(packet.prefix(40))")
                }
            }
        }
    }

    /// Takes a message; true if it ends the session.
    private func take(_ text: Substring, _ owner: any SessionOwner) throws -> Bool {
        guard let packet = SocketPacket(text) else { throw ZikrError.unreadable("the packet 4\(text.prefix(40))") }
        guard packet.namespace == namespace else { return false }
        switch packet.kind {
        case .connect:
            connected.with { $0 = true }
            owner.opened(self)
        case .disconnect: return true
        case .event: owner.received(try Wire.decoder().decode(EventPacket.self, from: packet.json).event)
        case .ack: if let id = packet.id { owner.acknowledged(id, packet.json) }
        case .connectError: throw try Wire.decoder().decode(ConnectError.self, from: packet.json).error
        }
        return false
    }
}
