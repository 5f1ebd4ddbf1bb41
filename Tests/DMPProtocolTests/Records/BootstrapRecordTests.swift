import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Bootstrap records")
struct BootstrapRecordTests {
    private struct Fields: Decodable, Sendable {
        struct Entry: Decodable, Sendable {
            let priority: Int
            let clusterBaseDomain: String
            let operatorSpk: Hex
        }

        let userDomain: String
        let signerSpk: Hex
        let seq: String
        let exp: String
        let entries: [Entry]

        func record() throws -> BootstrapRecord {
            try BootstrapRecord(
                domain: RecordDomain(self.userDomain),
                signer: Ed25519.PublicKey(self.signerSpk.bytes),
                sequence: UInt64(decimal: self.seq),
                expires: UnixSeconds(decimal: self.exp),
                entries: self.entries.map { entry in
                    guard let priority = UInt16(exactly: entry.priority) else { throw OutOfRange() }
                    return try BootstrapEntry(
                        priority: priority,
                        clusterDomain: RecordDomain(entry.clusterBaseDomain),
                        operatorKey: Ed25519.PublicKey(entry.operatorSpk.bytes)
                    )
                }
            )
        }
    }

    @Test("Bootstrap records are signed and read as in the vectors")
    func bootstrapVectors() throws {
        let vectors: RecordVectors<Fields> = try Vectors.load("bootstrap", convertingSnakeCase: true)
        #expect(vectors.prefix == BootstrapRecord.prefix.description)
        try vectors.checkSigning(make: { try $0.record() }, sign: { try $0.signed(by: $1) })
        vectors.checkParsing { value, now, item in
            try Signed<BootstrapRecord>(
                parsing: value,
                now: now,
                signer: Ed25519.PublicKey(#require(item.args?.signer).bytes),
                name: item.args?.expectedName.map { try ZoneName($0) }
            )
        } matches: { record, fields, now in
            // The order too: the vectors list the entries as the reference has sorted them.
            try record.entries.map(\.clusterDomain.text) == fields.entries.map(\.clusterBaseDomain)
                && record == fields.record() && !record.isExpired(at: now)
        }
        vectors.report()
    }

    @Test("Entries are sorted by priority, and those of one priority keep their order")
    func order() throws {
        let names = ["d", "b", "a", "c", "e"]
        let entries = try zip(names, [7, 3, 7, 0, 3] as [UInt16]).map { try Samples.entry($0, priority: $1) }
        let record = try Samples.bootstrap(entries: entries)
        #expect(record.entries.map(\.clusterDomain.text) == ["c", "b", "e", "d", "a"])
        #expect(record.entries.map(\.priority) == [0, 3, 3, 7, 7])
        let reread = try self.parse(record.signed(by: Samples.alice.ed25519).value)
        #expect(reread.body == record)
    }

    @Test("A record on the wire may list its entries in any order")
    func wireOrder() throws {
        let sorted = try Samples.bootstrap(entries: [Samples.entry("a", priority: 1), Samples.entry("b", priority: 2)])
        let bytes = sorted.encoded
        // Two entries of 36 bytes each at the end.
        let swapped = Array(bytes.dropLast(72) + bytes.suffix(36) + bytes.suffix(72).prefix(36))
        #expect(swapped != bytes)
        #expect(try self.parse(Samples.signed(swapped, as: BootstrapRecord.self)).body == sorted)
    }

    @Test("A list of entries that no record can hold makes none")
    func lists() throws {
        func make(_ names: [String]) throws -> BootstrapRecord {
            try Samples.bootstrap(domain: "a", entries: names.map { try Samples.entry($0, priority: 5) })
        }
        #expect(throws: WireError.body(.entries)) { try make([]) }
        #expect(throws: WireError.body(.entries)) { try make((0..<17).map { "c\($0)" }) }
        #expect(throws: WireError.body(.clusterDomain)) { try make(["a", "A."]) }
        #expect(try make((0..<16).map { "c\($0)" }).entries.count == 16)
        let twice = [try Samples.entry("a", priority: 5), try Samples.entry("a", priority: 6)]
        #expect(try Samples.bootstrap(entries: twice).entries == twice)
    }

    @Test("What does not fit into 1,200 bytes of text makes no record, and the error says how long it would be")
    func tooLong() throws {
        func record(entries count: Int, last: Int) throws -> BootstrapRecord {
            let long = { (index: Int) in
                "\(index)" + String(repeating: "x", count: 31) + "." + String(repeating: "y", count: 31)
            }
            var names = (1..<count).map(long)
            names.append(String(repeating: "z", count: last))
            return try Samples.bootstrap(domain: "a", entries: names.map { try Samples.entry($0, priority: 1) })
        }
        // 56 + 2 bytes, seven times 35 + 64, then 35 + 35
        let largest = try record(entries: 8, last: 35)
        #expect(largest.encoded.count == BootstrapRecord.bodyByteCounts.upperBound)
        #expect(try largest.signed(by: Samples.alice.ed25519).value.byteCount == 1199)
        #expect(throws: WireError.wireTooLong(1203)) { try record(entries: 8, last: 36) }
    }

    @Test("Another key than the named signer's signs nothing")
    func foreignSigner() throws {
        #expect(throws: WireError.signerMismatch) { try Samples.bootstrap().signed(by: Samples.bob.ed25519) }
    }

    @Test(
        "A signed body that is no record is refused for its own reason",
        arguments: [
            Damage("other magic", at: 3, [0x62], .body(.magic)),
            Damage("domain of 66 bytes", at: 55, [66], .body(.userDomain)),
            Damage("domain of a dot", at: 56, [0x2e], .body(.userDomain)),
            Damage("domain outside UTF-8", at: 56, [0xff], .body(.userDomain)),
            Damage("domain past the end", at: 55, [60], .truncated),
            Damage("no entries", at: 57, [0], .body(.entries)),
            Damage("17 entries", at: 57, [17], .body(.entries)),
            Damage("two entries, one there", at: 57, [2], .truncated),
            Damage("cluster without name", at: 60, [0], .body(.clusterDomain)),
            Damage("cluster with an underscore", at: 61, [0x5f], .body(.clusterDomain)),
            Damage("cluster's name past the end", at: 60, [50], .truncated),
            Damage("bytes left", at: .max, [0], removing: 0, .trailingBytes(1)),
            Damage(
                "repeated entry",
                at: 57,
                [2, 0, 1, 1, 0x43] + Samples.bob.signingKey.bytes,
                removing: 1,
                .body(.clusterDomain)
            ),
            Damage("other signer", at: 23, Samples.bob.signingKey.bytes, .signerMismatch),
            Damage("cut", at: 93, [], removing: 1, .length(157)),
        ]
    )
    func wrongBody(damage: Damage) throws {
        // 55 bytes, domain "a" (1 + 1), count 1, priority 2, name "c" (1 + 1), key 32
        let body = try damage.apply(
            to: Samples.bootstrap(domain: "a", entries: [Samples.entry("c", priority: 1)]).encoded
        )
        let value = Samples.signed(body, as: BootstrapRecord.self)
        #expect(throws: damage.reason) { try self.parse(value) }
    }

    @Test("The signature is checked before anything in the body, even for bytes that are no body at all")
    func signatureFirst() throws {
        let body = [UInt8](repeating: 0, count: 100)
        let byOther = TXTValue(prefix: BootstrapRecord.prefix, encoding: body + Samples.bob.ed25519.sign(body).bytes)
        #expect(throws: WireError.signature) { try self.parse(byOther) }
    }

    @Test("A record counts until its last second, for the domain that it names")
    func clockAndName() throws {
        let signed = try Samples.bootstrap().signed(by: Samples.alice.ed25519)
        let last = signed.body.expires
        #expect(try self.parse(signed.value, now: last) == signed)
        #expect(throws: WireError.expired) { try self.parse(signed.value, now: last.adding(1)) }
        #expect(signed.body.isExpired(at: last.adding(1)))
        #expect(throws: WireError.tooFarAhead) {
            try self.parse(signed.value, now: UnixSeconds(rawValue: last.rawValue - 157_680_001))
        }
        #expect(try self.parse(signed.value, name: ZoneName("EXAMPLE.com.")) == signed)
        #expect(throws: WireError.nameMismatch) { try self.parse(signed.value, name: ZoneName("example.org")) }
    }

    @discardableResult
    private func parse(
        _ value: TXTValue,
        now: UnixSeconds = Samples.now,
        name: ZoneName? = nil
    ) throws -> Signed<BootstrapRecord> {
        try Signed<BootstrapRecord>(parsing: value, now: now, signer: Samples.alice.signingKey, name: name)
    }
}
