import Foundation

/// A frame of RFC 6455, section 5.2.
struct WebSocketFrame: Hashable {
    enum Code: UInt8 { case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 }

    var code: Code
    var isLast = true
    var payload: [UInt8]

    /// As a client sends it: masked (section 5.3).
    func masked(_ mask: UInt32 = .random(in: .min ... .max)) -> [UInt8] {
        let key = withUnsafeBytes(of: mask.bigEndian) { Array($0) }
        var out: [UInt8] = [code.rawValue | (isLast ? UInt8(0x80) : 0)]
        switch payload.count {
        case ..<126: out.append(0x80 | UInt8(payload.count))
        case ..<65_536:
            out.append(0x80 | 126)
            out += withUnsafeBytes(of: UInt16(payload.count).bigEndian) { Array($0) }
        default:
            out.append(0x80 | 127)
            out += withUnsafeBytes(of: UInt64(payload.count).bigEndian) { Array($0) }
        }
        out += key
        out.reserveCapacity(out.count + payload.count)
        for (i, byte) in payload.enumerated() { out.append(byte ^ key[i & 3]) }
        return out
    }
}

/// Puts what a server sends together again: bytes in any pieces in, frames out.
struct WebSocketReader {
    /// The largest message that is read, in bytes.
    static let largest = 16 << 20

    private var bytes: [UInt8] = []
    private var start = 0
    private var message: [UInt8]? // the fragments of a text message so far

    mutating func add(_ more: some Sequence<UInt8>) { bytes += more }

    /// The next text message or control frame that is whole; nil if there is none yet.
    mutating func next() throws -> WebSocketFrame? {
        while let frame = try frame() {
            switch frame.code {
            case .close, .ping, .pong: return frame
            case .binary: throw ZikrError.unreadable("binary data, which is none of the contract's")
            case .text where message == nil, .continuation where message != nil:
                let whole = (message ?? []) + frame.payload
                guard whole.count <= Self.largest else { throw ZikrError.unreadable("a message above 16 MiB") }
                message = frame.isLast ? nil : whole
                if frame.isLast { return WebSocketFrame(code: .text, payload: whole) }
            default: throw ZikrError.unreadable("a fragment out of its order")
            }
        }
        return nil
    }

    private mutating func frame() throws -> WebSocketFrame? {
        let have = bytes.count - start
        guard have >= 2 else { return nil }
        let first = bytes[start], second = bytes[start + 1]
        guard first & 0x70 == 0, second & 0x80 == 0, let code = WebSocketFrame.Code(rawValue: first & 0x0f) else {
            throw ZikrError.unreadable("a frame that begins with \(first), \(second)")
        }
        var length = Int(second & 0x7f)
        var head = 2
        if length >= 126 {
            let width = length == 126 ? 2 : 8
            guard have >= 2 + width else { return nil }
            let wide = bytes[(start + 2)..<(start + 2 + width)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard wide <= UInt64(Self.largest) else { throw ZikrError.unreadable("a frame of \(wide) bytes") }
            length = Int(wide)
            head += width
        }
        guard have >= head + length else { return nil }
        let payload = Array(bytes[(start + head)..<(start + head + length)])
        start += head + length
        if start == bytes.count || start > 1 << 16 {
            bytes.removeFirst(start)
            start = 0
        }
        return WebSocketFrame(code: code, isLast: first & 0x80 != 0, payload: payload)
    }
}
