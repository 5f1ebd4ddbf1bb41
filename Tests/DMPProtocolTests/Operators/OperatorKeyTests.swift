import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("The key of an operator")
struct OperatorKeyTests {
    /// RFC 8032, section 7.1, test 1.
    private static let seedHex = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    private static let publicHex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

    @Test(
        "A key file may hold digits of either case with white space around them, or the bytes themselves",
        arguments: [
            Array(seedHex.utf8), Array(" \t\(seedHex.uppercased())\r\n".utf8), Array("\(seedHex)\n".utf8),
            Hexadecimal.decode(seedHex) ?? [],
        ]
    )
    func forms(content: [UInt8]) throws {
        #expect(try OperatorKey(fileContent: content).publicKey.hex == Self.publicHex)
    }

    @Test("A raw seed may begin and end with bytes that are white space in text")
    func rawSpaces() throws {
        let seed = [0x20] + [UInt8](repeating: 7, count: 30) + [0x0a]
        #expect(try OperatorKey(fileContent: seed).publicKey == OperatorKey(seed: seed).publicKey)
    }

    @Test(
        "What is no seed is refused",
        arguments: [
            "", " \n", String(seedHex.dropLast()), String(seedHex.dropLast(2)), "\(seedHex)00",
            "g\(seedHex.dropLast())",
            "\(seedHex.prefix(32)) \(seedHex.suffix(32))", "\(seedHex)\n#",
        ]
    )
    func noSeed(text: String) {
        #expect(throws: CryptoError.notHexadecimal) { try OperatorKey(fileContent: Array(text.utf8)) }
    }

    @Test("A seed has 32 bytes", arguments: [0, 31, 33, 64])
    func length(count: Int) {
        #expect(throws: CryptoError.wrongLength(expected: 32, actual: count)) {
            try OperatorKey(seed: [UInt8](repeating: 1, count: count))
        }
    }

    @Test("What is written to a key file gives the same key again")
    func roundTrip() throws {
        let key = OperatorKey.random()
        #expect(key.fileContent.count == 65 && key.fileContent.last == 0x0a)
        #expect(try OperatorKey(fileContent: key.fileContent).publicKey == key.publicKey)
        #expect(OperatorKey.random().publicKey != key.publicKey)
        #expect(try OperatorKey(fileContent: Array(Self.seedHex.utf8)).fileContent == Array("\(Self.seedHex)\n".utf8))
    }

    @Test("No description shows the seed")
    func secrecy() throws {
        let key = try OperatorKey(fileContent: Array(Self.seedHex.utf8))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains(Self.seedHex.prefix(16))) }
    }

    @Test("A manifest is signed up to its last moment, and read by who has pinned the key")
    func manifest() throws {
        let key = OperatorKey.random()
        let manifest = try Self.manifest(signer: key.publicKey, expires: Samples.now.adding(10))
        let signed = try key.sign(manifest, now: Samples.now.adding(10))
        let read = try Signed<ClusterManifest>(parsing: signed.value, now: Samples.now, signer: key.publicKey)
        #expect(read.body == manifest)
        #expect(throws: WireError.expired) { try key.sign(manifest, now: Samples.now.adding(11)) }
        #expect(throws: WireError.signerMismatch) { try OperatorKey.random().sign(manifest, now: Samples.now) }
        let far = try Self.manifest(signer: key.publicKey, expires: Samples.now.adding(157_680_001))
        #expect(throws: WireError.tooFarAhead) { try key.sign(far, now: Samples.now) }
        #expect(try key.sign(far, now: Samples.now.adding(1)).body == far)
    }

    @Test("A bootstrap record likewise")
    func bootstrap() throws {
        let key = OperatorKey.random()
        let record = try BootstrapRecord(
            domain: RecordDomain("example.com"),
            signer: key.publicKey,
            sequence: 1,
            expires: Samples.now.adding(10),
            entries: [Samples.entry("mesh.example.net", priority: 1)]
        )
        let signed = try key.sign(record, now: Samples.now)
        #expect(try Signed<BootstrapRecord>(parsing: signed.value, now: Samples.now, signer: key.publicKey) == signed)
        #expect(throws: WireError.expired) { try key.sign(record, now: Samples.now.adding(11)) }
        #expect(throws: WireError.signerMismatch) { try OperatorKey.random().sign(record, now: Samples.now) }
    }

    private static func manifest(signer: Ed25519.PublicKey, expires: UnixSeconds) throws -> ClusterManifest {
        let node = try ClusterNode(id: "n1", httpEndpoint: "https://n1.example", dnsEndpoint: nil)
        return try ClusterManifest(
            name: RecordDomain("mesh.example.com"),
            operatorKey: signer,
            sequence: 1,
            expires: expires,
            nodes: [node]
        )
    }
}
