import Foundation

/// The first packet of an Engine.IO 4 connection: "0" and this.
public struct Handshake: Codable, Hashable, Sendable {
    public var sid: String
    public var upgrades: [String]
    public var pingInterval: Int // ms
    public var pingTimeout: Int // ms
    public var maxPayload: Int // bytes

    /// How long the server may be silent before the connection counts as dead.
    var patience: TimeInterval { Double(pingInterval + pingTimeout) / 1000 }

    init(packet: String) throws {
        guard packet.first == "0", let read = try? JSONDecoder().decode(Handshake.self, from: Data(packet.utf8.dropFirst())) else {
            throw ZikrError.unreadable("a connection that begins with \(packet.prefix(40))")
        }
        self = read
    }
}

/// A packet of Socket.IO 5: what an Engine.IO message ("4…") holds.
struct SocketPacket: Hashable {
    enum Kind: UInt8 { case connect = 48, disconnect, event, ack, connectError }

    var kind: Kind
    var namespace = "/"
    var id: Int?
    var json = Data()

    init(_ kind: Kind, _ namespace: String) {
        self.kind = kind
        self.namespace = namespace
    }

    /// Reads `2/zikr-app,17["pora_booked",…]`: type, namespace, id, JSON. Binary packets are none of the contract's.
    init?(_ text: Substring) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let kind = Kind(rawValue: first) else { return nil }
        self.kind = kind
        var at = 1
        if at < bytes.count, bytes[at] == UInt8(ascii: "/") {
            let end = bytes[at...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.count
            namespace = String(decoding: bytes[at..<end], as: UTF8.self)
            if let query = namespace.firstIndex(of: "?") { namespace = String(namespace[..<query]) }
            at = min(end + 1, bytes.count)
        }
        let digits = bytes[at...].prefix { $0 >= 48 && $0 <= 57 }
        if !digits.isEmpty {
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            id = number
        }
        json = Data(bytes[(at + digits.count)...])
    }

    /// The whole Engine.IO packet.
    var text: String {
        var out = "4" + String(UnicodeScalar(kind.rawValue))
        if namespace != "/" { out += namespace + "," }
        if let id { out += "\(id)" }
        return out + String(decoding: json, as: UTF8.self)
    }

    /// An event with its payload and the number of its acknowledgement.
    static func event(_ name: String, _ payload: Data, id: Int, namespace: String) -> SocketPacket {
        var packet = SocketPacket(.event, namespace)
        packet.id = id
        packet.json = Data("[\"\(name)\",".utf8) + payload + Data("]".utf8)
        return packet
    }
}

/// What an event packet holds: its name and its payload. What follows the payload (the offset of Socket.IO's own recovery) is of no
/// interest here: `since` tells what was missed on any node.
struct EventPacket: Decodable {
    let event: ZikrEvent

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let name = try container.decode(String.self)
        let before = container
        if let known = try? ZikrEvent.read(name, from: &container) {
            event = known
            return
        }
        // not known, or not as this release knows it: kept as it came
        container = before
        event = .other(OtherEvent(name: name, data: container.isAtEnd ? .null : try container.decode(JSONValue.self)))
    }
}

/// What an acknowledgement holds: `[{ ok: true, data }]` or `[{ ok: false, error }]`.
struct Acknowledgement<Answer: Decodable>: Decodable {
    let result: Result<Answer, ZikrError>

    private struct Body: Decodable {
        let ok: Bool
        let data: Answer?
        let error: RefusalCause?
    }

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let body = try container.decode(Body.self)
        if body.ok, let data = body.data {
            result = .success(data)
        } else if let error = body.error {
            result = .failure(ZikrError(error))
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "an acknowledgement without data and error")
        }
    }
}

/// What a refused CONNECT holds. Without a code it says nothing about the token.
struct ConnectError: Decodable {
    struct Cause: Decodable {
        let code: ErrorCode
        let retryAfterMs: Int?
    }
    let message: String
    let data: Cause?

    var error: ZikrError {
        guard let data else { return .unreachable(message) }
        return .refused(ZikrRefusal(code: data.code, message: message, retryAfterMs: data.retryAfterMs))
    }
}
