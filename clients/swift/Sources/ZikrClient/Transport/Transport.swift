import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// One Engine.IO 4 connection: whole packets in and out, in order. It is opened once.
public protocol ZikrTransport: Sendable {
    /// Opens the connection and returns its first packet, the handshake.
    func open() async throws -> String
    func send(_ packets: [String]) async throws
    /// What came since, at least one packet; waits for it.
    func receive() async throws -> [String]
    /// Ends it at once. Whoever waits in `receive` or `send` gets an error. May be called from anywhere, and again.
    func close()
}

/// A way to reach the server. Those of a configuration are tried one after another.
public struct ZikrTransportKind: Sendable {
    public let name: String
    let make: @Sendable (_ server: URL, _ timeout: TimeInterval) -> any ZikrTransport

    /// - Parameter make: makes a transport to the server with this address, which gives up opening after the timeout, in seconds.
    public init(name: String, make: @escaping @Sendable (_ server: URL, _ timeout: TimeInterval) -> any ZikrTransport) {
        self.name = name
        self.make = make
    }

    /// WebSocket: of the system on Apple's, a socket of our own elsewhere, where that of the system breaks messages (and where
    /// there is no TLS without a library: over https it is long-polling there).
    public static let webSocket = ZikrTransportKind(name: "websocket") { server, timeout in
        #if canImport(Darwin)
        SystemWebSocket(engineURL(server, transport: "websocket"), timeout: timeout)
        #else
        SocketWebSocket(engineURL(server, transport: "websocket"), timeout: timeout)
        #endif
    }

    /// HTTP long-polling, which gets through where a proxy does not know WebSockets.
    public static let polling = ZikrTransportKind(name: "polling") { server, timeout in
        Polling(engineURL(server, transport: "polling"), timeout: timeout)
    }
}

/// The address of the Engine.IO endpoint below the server's address.
func engineURL(_ server: URL, transport: String) -> URL {
    var parts = URLComponents(url: server, resolvingAgainstBaseURL: false) ?? URLComponents()
    let secure = ["https", "wss"].contains(parts.scheme?.lowercased() ?? "")
    parts.scheme = transport == "websocket" ? (secure ? "wss" : "ws") : (secure ? "https" : "http")
    parts.path = (parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path) + "/socket.io/"
    parts.queryItems = [URLQueryItem(name: "EIO", value: "4"), URLQueryItem(name: "transport", value: transport)]
    return parts.url ?? server
}

/// A session without cookies, cache and stored credentials.
func plainSession(timeout: TimeInterval) -> URLSession {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeout
    configuration.httpShouldSetCookies = false
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    return URLSession(configuration: configuration)
}
