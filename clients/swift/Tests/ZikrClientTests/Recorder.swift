import Foundation
@testable import ZikrClient

/// Packets as they came, beside the transport that brings them.
final class Recorder: Sendable {
    let packets = Locked<[String]>([])

    func kind(_ inner: ZikrTransportKind) -> ZikrTransportKind {
        ZikrTransportKind(name: inner.name) { url, timeout in Recorded(inner.make(url, timeout), self) }
    }

    /// The payloads of every event that came, by the event's name.
    func events() throws -> [(name: String, json: Data)] {
        try packets.with { $0 }.compactMap { packet in
            guard packet.first == "4", let socket = SocketPacket(packet.dropFirst()), socket.kind == .event else { return nil }
            guard case .array(let parts) = try JSONDecoder().decode(JSONValue.self, from: socket.json) else { throw Failure(packet) }
            return (parts[0].string ?? "", socket.json)
        }
    }
}

private final class Recorded: ZikrTransport {
    private let inner: any ZikrTransport
    private let recorder: Recorder

    init(_ inner: any ZikrTransport, _ recorder: Recorder) {
        self.inner = inner
        self.recorder = recorder
    }

    func open() async throws -> String { try await inner.open() }
    func send(_ packets: [String]) async throws { try await inner.send(packets) }

    func receive() async throws -> [String] {
        let packets = try await inner.receive()
        recorder.packets.with { $0 += packets }
        return packets
    }

    func close() { inner.close() }
}
