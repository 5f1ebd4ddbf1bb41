import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

/// A vector file of one kind of record.
struct RecordVectors<Fields: Decodable & Sendable>: Decodable, Sendable {
    struct Key: Decodable, Sendable {
        let ed25519Seed: Hex
    }

    /// The names of the keys that sign: two for a rotation, else one.
    struct Signers: Decodable, Sendable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do { self.names = [try container.decode(String.self)] } catch {
                self.names = try container.decode([String].self)
            }
        }
    }

    struct Signing: Decodable, Sendable {
        let id: String
        let signer: Signers
        let fields: Fields
        let result: String
        let body: Hex?
        let record: String?
    }

    struct Parsing: Decodable, Sendable {
        struct Arguments: Decodable, Sendable {
            let signer: Hex?
            let expectedName: String?
            let expectedOld: Hex?
            let expectedRevoked: Hex?
            let expectedSubject: String?
            let maxAge: UInt64?
        }

        let id: String
        let record: String
        let now: UInt64
        let args: Arguments?
        let result: String
        let stage: String?
        let fields: Fields?
    }

    let kind: String
    let prefix: String
    let keys: [String: Key]
    let sign: [Signing]
    let parse: [Parsing]

    /// Signs each case with `make` and compares with the reference.
    func checkSigning<Body: RecordBody>(
        make: (Fields) throws -> Body,
        sign: (Body, borrowing Ed25519.SecretKey) throws -> Signed<Body>
    ) throws {
        for item in self.sign {
            let key = try self.key(named: item.signer.names[0])
            self.check(item) {
                let body = try make(item.fields)
                return try sign(body, key)
            }
        }
    }

    /// Signs each case with two keys.
    func checkSigningTwice<Body: RecordBody>(
        make: (Fields) throws -> Body,
        sign: (Body, borrowing Ed25519.SecretKey, borrowing Ed25519.SecretKey) throws -> Signed<Body>
    ) throws {
        for item in self.sign {
            let first = try self.key(named: item.signer.names[0])
            let second = try self.key(named: item.signer.names[1])
            self.check(item) {
                let body = try make(item.fields)
                return try sign(body, first, second)
            }
        }
    }

    private func key(named name: String) throws -> Ed25519.SecretKey {
        let seed = try #require(self.keys[name]).ed25519Seed
        return try Ed25519.SecretKey(seed: SecretBytes(copying: seed.bytes))
    }

    private func check<Body: RecordBody>(_ item: Signing, sign: () throws -> Signed<Body>) {
        let accepts = item.result == "accept" && !LenientForms.refuses("\(self.kind).sign", item.id)
        do {
            let signed = try sign()
            #expect(accepts, "\(item.id) must be refused")
            #expect(signed.body.encoded == item.body?.bytes, "\(item.id)")
            #expect(signed.value == item.record.map { TXTValue($0) }, "\(item.id)")
        } catch {
            #expect(!accepts, "\(item.id): \(error)")
        }
    }

    /// Reads each case with `read` and compares with the reference.
    func checkParsing<Body: RecordBody>(
        read: (TXTValue, UnixSeconds, Parsing) throws -> Signed<Body>,
        matches: (Body, Fields, UnixSeconds) throws -> Bool
    ) {
        for item in self.parse {
            let accepts = item.result == "accept" && !LenientForms.refuses("\(self.kind).parse", item.id)
            let now = UnixSeconds(rawValue: item.now)
            do {
                let value = TXTValue(item.record)
                let signed = try read(value, now, item)
                #expect(accepts, "\(item.id) must be refused")
                #expect(signed.value == value, "\(item.id)")
                let fields = try #require(item.fields, "\(item.id)")
                #expect(try matches(signed.body, fields, now), "\(item.id)")
            } catch {
                #expect(!accepts, "\(item.id): \(error)")
                if let reason = item.stage.flatMap({ Self.reasons[$0] }) {
                    #expect(error as? WireError == reason, "\(item.id)")
                }
            }
        }
    }

    /// The stages of the reference's readers for which there is one error. At the others, several checks may be first.
    private static var reasons: [String: WireError] {
        [
            "prefix": .notThisKind, "signer": .signerMismatch, "expired": .expired, "too_far": .tooFarAhead,
            "ts_future": .issuedAhead, "too_old": .tooOld,
        ]
    }

    func report() {
        Vectors.report(self.kind, cases: self.sign.count + self.parse.count)
    }
}

/// A value that a vector gives and that its type can't hold.
struct OutOfRange: Error {}

extension UnixSeconds {
    /// Reads the decimal strings of the vectors, which may lie outside 64 bits.
    init(decimal text: String) throws {
        guard let seconds = UInt64(text) else { throw OutOfRange() }
        self.init(rawValue: seconds)
    }
}

extension UInt32 {
    init(checked value: Int) throws {
        guard let value = UInt32(exactly: value) else { throw OutOfRange() }
        self = value
    }
}
