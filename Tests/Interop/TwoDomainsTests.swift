import DMPTesting
import Testing

@Suite(
    "An address in one zone and a mailbox in another, between the implementations",
    .needsReference,
    .serialized,
    .timeLimit(.minutes(3))
)
struct TwoDomainsTests {
    @Test("Forward secrecy holds in both directions", arguments: Cell.all.filter { $0.node == .ours })
    func bothDirections(_ cell: Cell) async throws {
        try await Pair.strangers(cell) { pair in
            let home = "home-\(pair.sender.zone)"
            try pair.sender.set("identity_domain", to: home)
            for user in [pair.sender, pair.recipient] {
                try await user.dnsmesh("identity", "publish")
                try await user.dnsmesh("identity", "refresh-prekeys", "--count", "4")
            }
            let address = "\(pair.sender.name)@\(home)"
            try await pair.sender.dnsmesh("identity", "fetch", pair.recipient.name, "--add")
            try await pair.recipient.dnsmesh("identity", "fetch", address, "--add")
            for (from, to, name) in [
                (pair.sender, pair.recipient, pair.recipient.name), (pair.recipient, pair.sender, address),
            ] {
                try await from.send([Array("from \(from.name)".utf8)], to: name)
                #expect(try await to.receive().map(\.body) == [Array("from \(from.name)".utf8)])
                #expect(try await to.prekeyCount() == 3, "one prekey of \(to.name) was used")
            }
        }
    }
}
