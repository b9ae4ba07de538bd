import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// WebSocket by URLSession: the transport on Apple's systems. It is compiled everywhere, and used only there.
final class SystemWebSocket: ZikrTransport {
    private let session: URLSession
    private let task: URLSessionWebSocketTask

    init(_ url: URL, timeout: TimeInterval) {
        session = plainSession(timeout: max(timeout, 120)) // it is how long nothing may come, and a server that has nothing to tell only pings
        task = session.webSocketTask(with: url)
        task.maximumMessageSize = 16 << 20
    }

    func open() async throws -> String {
        task.resume()
        return try await receive().first ?? ""
    }

    func send(_ packets: [String]) async throws {
        for packet in packets { try await task.send(.string(packet)) }
    }

    func receive() async throws -> [String] {
        switch try await task.receive() {
        case .string(let packet): return [packet]
        case .data: throw ZikrError.unreadable("binary data, which is none of the contract's")
        @unknown default: throw ZikrError.unreadable("a message of an unknown kind")
        }
    }

    func close() {
        task.cancel(with: .goingAway, reason: nil)
        session.invalidateAndCancel()
    }
}
