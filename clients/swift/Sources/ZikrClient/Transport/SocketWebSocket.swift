#if !canImport(Darwin)
import Foundation

/// WebSocket over a socket: the transport where there is no better one (Linux: tests and servers). No TLS.
final class SocketWebSocket: ZikrTransport {
    private let url: URL
    private let timeout: TimeInterval
    private let socket = Locked<Socket?>(nil)
    private let closed = Locked(false)
    private let messages = Mailbox<String>(capacity: 100_000, overflow: .tell("1")) // a client that takes nothing leaves

    init(_ url: URL, timeout: TimeInterval) {
        self.url = url
        self.timeout = timeout
    }

    func open() async throws -> String {
        guard url.scheme == "ws", let host = url.host else { throw ZikrError.unreachable("there is no wss on this system") }
        let socket = try await Socket.connect(host: host, port: url.port ?? 80, timeout: timeout)
        self.socket.with { $0 = socket }
        if closed.with({ $0 }) { socket.end() }
        let key = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        try await socket.write(Array(request(host: host, key: key).utf8))
        let begun = try await upgraded(socket, key: key)
        Thread.detachNewThread { [messages] in
            var reader = begun
            do {
                while true {
                    while let frame = try reader.next() { try Self.handle(frame, of: socket, messages) }
                    reader.add(try socket.read())
                }
            } catch {
                messages.close(ZikrError(any: error))
            }
            socket.end()
        }
        return try await receive().first ?? ""
    }

    func send(_ packets: [String]) async throws {
        guard let socket = socket.with({ $0 }) else { throw ZikrError.unreachable("not open") }
        try await socket.write(packets.flatMap { WebSocketFrame(code: .text, payload: Array($0.utf8)).masked() })
    }

    func receive() async throws -> [String] {
        guard let packets = try await messages.all() else { throw ZikrError.unreachable("the connection is closed") }
        return packets
    }

    func close() {
        closed.with { $0 = true }
        messages.close(ZikrError.disconnected)
        socket.with { $0 }?.end()
    }

    private func request(host: String, key: String) -> String {
        let target = url.path + (url.path.hasSuffix("/") ? "" : "/") + (url.query.map { "?" + $0 } ?? "")
        return "GET \(target) HTTP/1.1\r\nHost: \(host):\(url.port ?? 80)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n\r\n"
    }

    /// Reads the answer to the upgrade (section 4.1). What came after it belongs to the reader already.
    private func upgraded(_ socket: Socket, key: String) async throws -> WebSocketReader {
        var answer: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            answer += try await socket.readLater()
            guard answer.count < 1 << 16 else { throw ZikrError.unreadable("an answer without an end") }
            guard let head = answer.indices.first(where: { answer[$0...].starts(with: end) }) else { continue }
            let lines = String(decoding: answer[..<head], as: UTF8.self).components(separatedBy: "\r\n")
            guard lines[0].split(separator: " ").dropFirst().first == "101" else { throw ZikrError.unreachable(lines[0]) }
            let accept = lines.first { $0.lowercased().hasPrefix("sec-websocket-accept:") }?.split(separator: ":").last
            guard accept?.trimmingCharacters(in: .whitespaces) == Self.accept(key) else { throw ZikrError.unreadable("a wrong Sec-WebSocket-Accept") }
            var reader = WebSocketReader()
            reader.add(answer[(head + 4)...])
            return reader
        }
    }

    static func accept(_ key: String) -> String {
        Data(SHA1.of(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }

    private static func handle(_ frame: WebSocketFrame, of socket: Socket, _ messages: Mailbox<String>) throws {
        switch frame.code {
        case .text:
            guard let text = String(validating: frame.payload, as: UTF8.self) else {
                throw ZikrError.unreadable("a message that is not UTF-8")
            }
            messages.put(text)
        case .ping: socket.writeLater(WebSocketFrame(code: .pong, payload: frame.payload).masked())
        case .close: throw ZikrError.unreachable("the server closed the connection")
        default: break
        }
    }
}
#endif
