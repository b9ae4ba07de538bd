import Foundation

/// Why something was not done.
public enum ZikrError: Error, Hashable, Sendable {
    /// The server said no, and why.
    case refused(ZikrRefusal)
    /// `disconnect()` was called, or `connect(withToken:)` was not.
    case disconnected
    /// No answer came in time. Whether it was done is not known; every call may be made again without harm.
    case timedOut
    /// The server cannot be reached now. The client goes on trying.
    case unreachable(String)
    /// The server sent what this client cannot read.
    case unreadable(String)
    /// The file of unsent taps cannot be used: it is open elsewhere, or the disk is full.
    case storage(String)
}

/// What the server says when it refuses.
public struct ZikrRefusal: Hashable, Sendable {
    /// One of the contract's codes.
    public var code: ErrorCode
    /// A sentence for a person.
    public var message: String
    /// Of `rate_limited`: in how many milliseconds to try again.
    public var retryAfterMs: Int?
    /// Of `internal`: the number under which the server logged the cause.
    public var errorId: String?

    public init(code: ErrorCode, message: String, retryAfterMs: Int? = nil, errorId: String? = nil) {
        self.code = code
        self.message = message
        self.retryAfterMs = retryAfterMs
        self.errorId = errorId
    }
}

extension ZikrError {
    /// The contract's code, if the server refused.
    public var code: ErrorCode? {
        if case .refused(let refusal) = self { return refusal.code }
        return nil
    }

    /// Of `rate_limited`: in how many milliseconds to try again.
    var retryAfterMs: Int? {
        if case .refused(let refusal) = self { return refusal.retryAfterMs }
        return nil
    }

    /// Whether the same thing may be done later: nothing is wrong with it.
    var isPassing: Bool {
        switch self {
        case .refused(let refusal): return [.rateLimited, .internal, .unauthenticated, .tokenExpired, .accountSuspended].contains(refusal.code)
        case .disconnected, .timedOut, .unreachable: return true
        case .unreadable, .storage: return false
        }
    }

    init(_ cause: RefusalCause) {
        self = .refused(ZikrRefusal(code: cause.code, message: cause.message, retryAfterMs: cause.retryAfterMs, errorId: cause.errorId))
    }

    /// Whatever was thrown, as one of the above.
    init(any error: any Error) {
        switch error {
        case let error as ZikrError: self = error
        case is CancellationError: self = .disconnected
        case let error as DecodingError: self = .unreadable(String(describing: error))
        default: self = .unreachable(error.localizedDescription)
        }
    }
}

extension ZikrError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .refused(let refusal): return refusal.message
        case .disconnected: return "Not connected."
        case .timedOut: return "The server did not answer in time."
        case .unreachable(let why): return "The server cannot be reached: \(why)"
        case .unreadable(let what): return "The server's answer cannot be read: \(what)"
        case .storage(let why): return "The counts cannot be kept: \(why)"
        }
    }
}
