import Testing

@testable import DMPProtocol

/// One change to the bytes of a body, and why a signed record with the changed body is refused.
struct Damage: Sendable, CustomTestStringConvertible {
    let what: String
    /// Where bytes are taken out and put in; beyond the end means at the end.
    let offset: Int
    let removed: Int
    let inserted: [UInt8]
    let reason: WireError

    /// Changes the bytes at `offset` to `bytes`, or takes `removing` bytes out and puts `bytes` in.
    init(_ what: String, at offset: Int, _ bytes: [UInt8], removing removed: Int? = nil, _ reason: WireError) {
        self.what = what
        self.offset = offset
        self.removed = removed ?? bytes.count
        self.inserted = bytes
        self.reason = reason
    }

    var testDescription: String { self.what }

    func apply(to body: [UInt8]) -> [UInt8] {
        let start = min(self.offset, body.count)
        return body[..<start] + self.inserted + body.dropFirst(start + self.removed)
    }
}
