import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// HTTP long-polling (Engine.IO 4): a GET waits for packets, a POST brings some. Packets in one body are divided by U+001E.
final class Polling: ZikrTransport {
    private struct Opened {
        var url: URL
        var maxPayload: Int
    }

    private struct Line {
        var opened: Opened?
        var closed = false
    }

    private static let divider: Character = "\u{1e}"

    private let url: URL
    private let session: URLSession
    private let line = Locked(Line())

    init(_ url: URL, timeout: TimeInterval) {
        self.url = url
        session = plainSession(timeout: max(timeout, 120)) // a GET waits as long as the server has nothing to tell
    }

    func open() async throws -> String {
        let first = try await get(url).first ?? ""
        let handshake = try Handshake(packet: first)
        var parts = URLComponents(url: url, resolvingAgainstBaseURL: false)
        parts?.queryItems?.append(URLQueryItem(name: "sid", value: handshake.sid))
        guard let sessionURL = parts?.url else { throw ZikrError.unreadable("the session id \(handshake.sid)") }
        line.with { $0.opened = Opened(url: sessionURL, maxPayload: handshake.maxPayload) }
        return first
    }

    func receive() async throws -> [String] { try await get(current().url) }

    func send(_ packets: [String]) async throws {
        let opened = try current()
        var body = ""
        for packet in packets {
            if !body.isEmpty, body.utf8.count + packet.utf8.count + 1 > opened.maxPayload {
                try await post(body, to: opened.url)
                body = ""
            }
            if !body.isEmpty { body.append(Self.divider) }
            body += packet
        }
        if !body.isEmpty { try await post(body, to: opened.url) }
    }

    func close() {
        line.with { line in
            line.closed = true
            session.invalidateAndCancel()
        }
    }

    private func current() throws -> Opened {
        guard let opened = line.with({ $0.opened }) else { throw ZikrError.unreachable("polling before the handshake") }
        return opened
    }

    private func get(_ url: URL) async throws -> [String] {
        let data = try await fetch(URLRequest(url: url))
        return String(decoding: data, as: UTF8.self).split(separator: Self.divider).map(String.init)
    }

    private func post(_ body: String, to url: URL) async throws {
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("text/plain;charset=UTF-8", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(body.utf8)
        _ = try await fetch(request)
    }

    /// A task must not be made in a session that was ended: that is a fault which ends the program.
    private func fetch(_ request: URLRequest) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            let task = line.with { line -> URLSessionDataTask? in
                if line.closed { return nil }
                return session.dataTask(with: request) { data, response, error in
                    let status = (response as? HTTPURLResponse)?.statusCode
                    switch (status, data, error) {
                    case (200?, let data?, nil): continuation.resume(returning: data)
                    case (let status?, _, nil): continuation.resume(throwing: ZikrError.unreachable("HTTP \(status)"))
                    default: continuation.resume(throwing: ZikrError.unreachable(error?.localizedDescription ?? "no answer"))
                    }
                }
            }
            if let task { task.resume() } else { continuation.resume(throwing: ZikrError.disconnected) }
        }
    }
}
