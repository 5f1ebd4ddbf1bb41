import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

/// A vector file of one kind of record.
struct RecordVectors<Fields: Decodable & Sendable>: Decodable, Sendable {
    struct Key: Decodable, Sendable {
        let ed25519Seed: Hex
    }

    struct Signing: Decodable, Sendable {
        let id: String
        let signer: String
        let fields: Fields
        let result: String
        let body: Hex?
        let record: String?
    }

    struct Parsing: Decodable, Sendable {
        struct Arguments: Decodable, Sendable {
            let signer: Hex?
        }

        let id: String
        let record: String
        let now: UInt64
        let args: Arguments?
        let result: String
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
            let seed = try #require(self.keys[item.signer]).ed25519Seed
            let key = try Ed25519.SecretKey(seed: SecretBytes(copying: seed.bytes))
            let accepts = item.result == "accept" && !LenientForms.refuses("\(self.kind).sign", item.id)
            do {
                let body = try make(item.fields)
                let signed = try sign(body, key)
                #expect(accepts, "\(item.id) must be refused")
                #expect(body.encoded == item.body?.bytes, "\(item.id)")
                #expect(signed.value == item.record.map { TXTValue($0) }, "\(item.id)")
            } catch {
                #expect(!accepts, "\(item.id): \(error)")
            }
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
            }
        }
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
