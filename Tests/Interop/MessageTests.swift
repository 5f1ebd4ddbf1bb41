import DMPTesting
import Testing

@Suite("Messages between the implementations", .needsReference, .serialized, .timeLimit(.minutes(5)))
struct MessageTests {
    @Test("Bodies of every size and kind arrive whole, with and without prekeys", arguments: Cell.all)
    func bodies(_ cell: Cell) async throws {
        try await Pair.introduced(cell) { pair in
            let signer = try await pair.recipient.fetch(pair.sender.name).signingPublicKey
            for prekeys in [0, Body.all.count + 4] {
                if prekeys > 0 {
                    try await pair.recipient.dnsmesh("identity", "refresh-prekeys", "--count", "\(prekeys)")
                }
                try await pair.sender.send(Body.all, to: pair.recipient.name)
                let arrived = try await pair.recipient.receive()
                #expect(arrived.map(\.body).sorted(by: Body.order) == Body.all.sorted(by: Body.order))
                #expect(arrived.allSatisfy { $0.signer == signer })
                #expect(try await pair.recipient.receive().isEmpty, "a second pass finds nothing new")
                try await self.checkPrekeys(of: pair.recipient, published: prekeys, sentBy: cell.sender)
            }
        }
    }

    /// Our sender takes a fresh prekey for every message. The reference's takes any, so that one may serve twice.
    private func checkPrekeys(of user: User, published: Int, sentBy sender: Implementation) async throws {
        let left = try await user.prekeyCount()
        switch sender {
        case .ours: #expect(left == max(0, published - Body.all.count))
        case .reference: #expect(published == 0 ? left == 0 : left < published)
        }
    }

    @Test("Of six messages in a row each way none is lost", arguments: Cell.all)
    func bursts(_ cell: Cell) async throws {
        try await Pair.introduced(cell) { pair in
            for user in [pair.sender, pair.recipient] {
                try await user.dnsmesh("identity", "refresh-prekeys", "--count", "8")
            }
            for (from, to) in [(pair.sender, pair.recipient), (pair.recipient, pair.sender)] {
                let texts = (1...6).map { "message \($0) from \(from.name)" }
                for text in texts { try await from.dnsmesh("send", to.name, text) }
                let shown = try await to.dnsmesh("recv")
                for text in texts { #expect(shown.contains(text), "\(shown)") }
            }
        }
    }
}

/// What is sent: every size that is a limit of some part, as plain text, as emoji and with zero bytes.
enum Body {
    static let sizes = [0, 1, 20, 21, 148, 149, 1_000, 3_732]

    static let all: [[UInt8]] = Self.sizes.flatMap { size in
        [Self.plain(size), Self.emoji(size), Self.zeros(size)].reduce(into: [[UInt8]]()) { kinds, body in
            if !kinds.contains(body) { kinds.append(body) }
        }
    }

    static func plain(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    }

    /// As many emoji of four bytes as fit, then letters.
    private static func emoji(_ size: Int) -> [UInt8] {
        Array(String(repeating: "\u{1F98A}", count: size / 4).utf8) + Self.plain(size % 4)
    }

    private static func zeros(_ size: Int) -> [UInt8] {
        (0..<size).map { $0.isMultiple(of: 3) ? 0 : UInt8(ascii: "z") }
    }

    static func order(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }
}
