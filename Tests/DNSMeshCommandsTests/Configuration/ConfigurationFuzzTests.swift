import DMPTesting
import Testing

@testable import DNSMeshCommands

@Suite("A config.yaml that was damaged")
struct ConfigurationFuzzTests {
    private static let samples = [
        """
        # my file
        username: alice
        domain: "mesh.example.org"
        contacts:
          bob: {pub: aa, spk: bb, domain: example.com, remote_username: bob}
          'carol x':
            pub: ''
            # inside
            spk: cc
        dns_resolvers:
        - 1.1.1.1
        - '[::1]:53'
        dns_port: 5353
        claim_provider_override: ~
        unknown: [1, {a: b}, &x "y", *x]
        """,
        "username: 'a'\nhttp_token: aaa\n  bbb\n\n  ccc\nhttp_token: again\nfolded: >-\n  one\n  two\n",
        "{username: alice, contacts: {}, dns_port: 0x35, ? odd : key, <<: {domain: x}}\n",
    ]

    @Test("It is read or refused, and what is read can be written and read again", arguments: 0..<8 as Range<UInt64>)
    func mutation(offset: UInt64) throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        for round in 0..<400 {
            let sample = Self.samples[round % Self.samples.count]
            var bytes = Array(sample.utf8).mutated(using: &random)
            if Bool.random(using: &random) { bytes = bytes.mutated(using: &random) }
            guard let document = try? ConfigurationDocument(bytes) else { continue }
            var changed = document.configuration
            changed.httpToken = "changed"
            // What can't be written without a loss is refused; what is written says the same.
            guard let text = try? document.text(for: changed) else { continue }
            let again = try ConfigurationDocument(Array(text.utf8)).configuration
            #expect(again.httpToken == "changed", "seed \(seed), round \(round)")
            #expect(again.username == changed.username, "seed \(seed), round \(round)")
            #expect(again.contacts.count == changed.contacts.count, "seed \(seed), round \(round)")
        }
    }

    @Test("Aliases that stand for more and more are refused before anybody walks through them")
    func aliases() {
        var lines = ["username: a", "x0: &x0 [y, y, y, y, y, y, y, y, y, y]"]
        for level in 1...9 {
            let names = Array(repeating: "*x\(level - 1)", count: 10).joined(separator: ", ")
            lines.append("x\(level): &x\(level) [\(names)]")
        }
        let text = lines.joined(separator: "\n") + "\n"
        #expect(throws: ConfigurationFault.self) { try ConfigurationDocument(Array(text.utf8)) }
    }
}
