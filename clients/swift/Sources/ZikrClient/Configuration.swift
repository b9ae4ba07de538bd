import Foundation

/// Where the server is and how the client behaves. Every default is good for an app.
public struct ZikrConfiguration: Sendable {
    /// The server's address: `https://zikr.example.org`, with a path if it lies below one.
    public var url: URL
    /// `/zikr-app` or `/`: the two behave the same.
    public var namespace = "/zikr-app"
    /// Tried one after another when a connection is opened.
    public var transports: [ZikrTransportKind] = [.webSocket, .polling]
    /// How long a call waits for its answer, in seconds. A call that is made without a connection waits for one, and is sent again when
    /// the connection was lost before the answer came.
    public var callTimeout: TimeInterval = 15
    /// How long a connection may take to open, in seconds.
    public var connectTimeout: TimeInterval = 10
    /// The first wait after a lost connection, in seconds; each is twice as long as the one before.
    public var firstWait: TimeInterval = 0.5
    /// The longest wait, in seconds.
    public var longestWait: TimeInterval = 15
    /// How many events may wait for one reader of a stream. Above it they are dropped, and the reader gets ``ZikrEvent/missed(groupId:)``.
    public var streamCapacity = 20_000
    /// The folder of unsent taps. nil: `zikr` in the app's Application Support.
    public var tapFolder: URL?
    /// How often unsent taps are sent, in seconds.
    public var tapInterval: TimeInterval = 1
    /// Whether the client follows the app into the background and back, and the network, by itself, where the system tells of them.
    public var followsApp = true
    /// Where closures are called.
    public var callbackQueue: DispatchQueue = .main

    public init(url: URL) { self.url = url }

    /// The address in the app's Info.plist under `ZikrServerURL`, or a server on this machine.
    public static var ofTheApp: ZikrConfiguration {
        let text = Bundle.main.object(forInfoDictionaryKey: "ZikrServerURL") as? String
        return ZikrConfiguration(url: text.flatMap(URL.init(string:)) ?? URL(string: "http://127.0.0.1:7373")!)
    }
}

/// How the client stands with its server.
public enum ZikrStatus: Hashable, Sendable {
    /// `connect(withToken:)` was not called, or `disconnect()` was.
    case disconnected
    case connecting
    case connected
    /// Not connected for this reason; the client tries again by itself.
    case waiting(ZikrError)
    /// The app is in the background; the client connects when it returns.
    case paused
    /// The server does not let the user in: the token is not good (any more) and there is no fresh one, or the account is suspended. Connect
    /// again when the person has signed in.
    case refused(ZikrError)
}

/// Gives a token. It is asked first when the client connects, and again when the token that it gave has expired.
public typealias ZikrTokenProvider = @Sendable () async throws -> String

/// What calls back with an answer.
public typealias ZikrCompletion<Answer> = @Sendable (Result<Answer, ZikrError>) -> Void

/// Where the token comes from, and the one that is in use.
actor TokenSource {
    private let provider: ZikrTokenProvider?
    private var token: String?
    private var asking: Task<String, any Error>?

    init(fixed token: String) {
        self.token = token
        provider = nil
    }

    init(_ provider: @escaping ZikrTokenProvider) { self.provider = provider }

    /// The provider is asked once, however many want its token: what it does may be for one time only.
    func current() async throws -> String {
        if let token { return token }
        if let asking { return try await asking.value }
        let asking = Task { [provider] in
            guard let fresh = try await provider?() else { throw ZikrError.refused(.noFreshToken) }
            return fresh
        }
        self.asking = asking
        defer { self.asking = nil }
        let fresh = try await asking.value
        token = fresh
        return fresh
    }

    /// Forgets the token, since the server does not take it any more. Returns whether there may be a fresh one.
    func forget() -> Bool {
        guard provider != nil else { return false }
        token = nil
        return true
    }

    /// The user whose token this is: claim `id`, else `sub` (section 1 of the contract). The signature is the server's to check.
    static func userID(of token: String) -> String? {
        let parts = token.replacingOccurrences(of: "Bearer ", with: "").split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var base64 = parts[1].replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), let claims = try? JSONDecoder().decode(JSONValue.self, from: data) else { return nil }
        return claims["id"]?.string ?? claims["sub"]?.string
    }
}

extension ZikrRefusal {
    static let expired = ZikrRefusal(code: .tokenExpired, message: "The token is not good any more.")
    static let noFreshToken = ZikrRefusal(code: .tokenExpired, message: "The token is not good any more, and there is no fresh one.")
}
