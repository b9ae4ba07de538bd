import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The REST API: what the events do not have, and all that they have too. Every function is of the server's own description.
///
/// A manager's ``ZikrSocketManager/rest`` sends the token in use. One that is made here sends what `token` gives, and none if that is nil:
/// enough to sign in with.
public struct ZikrREST: Sendable {
    private let base: URL
    private let session: URLSession
    private let token: @Sendable () async throws -> String?

    public init(url: URL, timeout: TimeInterval = 15, token: @escaping @Sendable () async throws -> String? = { nil }) {
        base = url
        session = Self.sessions.of(timeout)
        self.token = token
    }

    /// With a token that does not change.
    public init(url: URL, token: String) {
        self.init(url: url) { token }
    }

    /// Sessions by their timeout: one is costly, and a manager makes a `ZikrREST` at every use.
    private final class Sessions: Sendable {
        private let made = Locked<[TimeInterval: URLSession]>([:])

        func of(_ timeout: TimeInterval) -> URLSession {
            made.with { made in
                let session = made[timeout] ?? plainSession(timeout: timeout)
                made[timeout] = session
                return session
            }
        }
    }

    private static let sessions = Sessions()

    func json<Answer: Decodable>(_ method: String, _ path: String, query: [(String, String?)] = []) async throws -> Answer {
        try read(await bytes(method, path, query: query))
    }

    func json<Answer: Decodable>(_ method: String, _ path: String, query: [(String, String?)] = [], body: some Encodable) async throws -> Answer {
        try read(await bytes(method, path, query: query, body: body))
    }

    func nothing(_ method: String, _ path: String, query: [(String, String?)] = []) async throws {
        _ = try await bytes(method, path, query: query)
    }

    func nothing(_ method: String, _ path: String, query: [(String, String?)] = [], body: some Encodable) async throws {
        _ = try await bytes(method, path, query: query, body: body)
    }

    func bytes(_ method: String, _ path: String, query: [(String, String?)] = []) async throws -> Data {
        try await send(request(method, path, query))
    }

    func bytes(_ method: String, _ path: String, query: [(String, String?)] = [], body: some Encodable) async throws -> Data {
        var request = try await request(method, path, query)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try Wire.encoder().encode(body)
        return try await send(request)
    }

    private func request(_ method: String, _ path: String, _ query: [(String, String?)]) async throws -> URLRequest {
        var parts = URLComponents(url: base, resolvingAgainstBaseURL: false)
        let root = parts?.percentEncodedPath ?? ""
        parts?.percentEncodedPath = (root.hasSuffix("/") ? String(root.dropLast()) : root) + "/api/v1/" + path
        let given = query.compactMap { name, value in value.map { (name, $0) } }
        // URLComponents leaves a plus sign as it is, which servers read as a space
        if !given.isEmpty { parts?.percentEncodedQuery = given.map { escaped($0) + "=" + escaped($1) }.joined(separator: "&") }
        guard let url = parts?.url else { throw ZikrError.unreachable("no address is made of \(base) and \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        if let token = try await token() { request.setValue("Bearer " + token.replacingOccurrences(of: "Bearer ", with: ""), forHTTPHeaderField: "Authorization") }
        return request
    }

    private func send(_ request: URLRequest) async throws -> Data {
        let (data, response): (Data, URLResponse)
        do {
            (data, response) = try await session.data(for: request)
        } catch {
            throw ZikrError.unreachable(error.localizedDescription)
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        if (200..<300).contains(status) { return data }
        guard let problem = try? Wire.decoder().decode(Problem.self, from: data) else { throw ZikrError.unreachable("HTTP \(status)") }
        throw ZikrError.refused(ZikrRefusal(code: problem.code, message: problem.detail, retryAfterMs: problem.retryAfterMs, errorId: problem.errorId))
    }

    private func read<Answer: Decodable>(_ data: Data) throws -> Answer {
        do {
            return try Wire.decoder().decode(Answer.self, from: data)
        } catch {
            throw ZikrError(any: error)
        }
    }
}

/// One part of a path or a query, as it stands in an address.
func escaped(_ part: String) -> String {
    part.addingPercentEncoding(withAllowedCharacters: .init(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")) ?? part
}

func escaped(_ part: Int) -> String { String(part) }

/// A parameter of a query as text; nil if it is not given.
func text(_ value: String?) -> String? { value }
func text(_ value: Int?) -> String? { value.map(String.init) }
func text(_ value: Bool?) -> String? { value.map { $0 ? "true" : "false" } }
func text(_ value: Date?) -> String? { value.map(Wire.text) }
