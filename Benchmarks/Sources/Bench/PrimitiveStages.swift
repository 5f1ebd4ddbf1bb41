import DMPCrypto
import DMPProtocol
import DNSWire
import ErasureCoding

/// What the layers below a message cost, each piece alone.
enum PrimitiveStages {
    static func all() throws -> [Stage] {
        try self.cryptography() + self.codecs() + self.dns()
    }

    /// A key derivation takes as long as everything else together, so it comes alone.
    static func keyDerivation() -> Stage {
        let salt = [UInt8](0..<32)
        let passphrase = Array("correct horse".utf8)
        return self.stage("kdf") { keep(try Argon2id.derive(passphrase: passphrase, salt: salt).count) }
    }

    private static func cryptography() throws -> [Stage] {
        let bytes = [UInt8](repeating: 0x61, count: 172)
        let key = Ed25519.SecretKey.random().publicKey
        let (publicKey, signature) = try Self.signed(bytes)
        let hmacKey = [UInt8](repeating: 7, count: 32)
        let other = X25519.SecretKey.random().publicKey
        let agreement = SecretHolder(X25519.SecretKey.random())
        let signer = SigningHolder(Ed25519.SecretKey.random())
        return [
            self.stage("ed25519_sign") { keep(signer.key.sign(bytes)) },
            self.stage("ed25519_verify") { require(publicKey.isValidSignature(signature, for: bytes), "signature") },
            self.stage("ed25519_refuse") { require(!key.isValidSignature(signature, for: bytes), "other key") },
            self.stage("x25519_keypair") { keep(X25519.SecretKey.random().publicKey) },
            self.stage("x25519_shared") { keep(try agreement.key.sharedSecret(with: other).count) },
            self.stage("secret_32") { keep(SecretBytes.random(count: 32).count) },
            self.stage("sha256_128") { keep(SHA256.hash(bytes[..<128])) },
            self.stage("sha256_168") { keep(SHA256.hash(bytes[..<168])) },
            self.stage("hmac_sha256_172") { keep(HMAC.sha256.code(for: bytes, key: hmacKey)) },
        ]
    }

    private static func codecs() throws -> [Stage] {
        var random = SplitMix(seed: 5)
        let wire = random.bytes(168)
        let text = Base64.encode(wire)
        let block = random.bytes(128)
        let value = TXTValue(prefix: ChunkWire.prefix, encoding: wire)
        return [
            self.stage("base64_encode_168") { keep(Base64.encode(wire)) },
            self.stage("base64_decode_168") { require(Base64.decode(text[...]) != nil, "base64") },
            self.stage("chunk_parse") { keep(try ChunkWire(parsing: value)) },
            self.stage("rs_parity") { keep(try ReedSolomon.parity(of: block[...])) },
        ]
    }

    private static func dns() throws -> [Stage] {
        let name = try DNSName("chunk-0007-0123456789ab.bench.test")
        let query = DNSMessage(id: 7, asking: DNSQuestion(name: name, type: .txt))
        let queryBytes = query.encode()
        var answer = DNSMessage(answering: query)
        answer.edns = EDNS()
        let value = [UInt8](repeating: 0x61, count: 241)
        answer.answers = [DNSRecord(name: name, timeToLive: 300, data: .txt(TXTData(value)))]
        let answerBytes = answer.encode()
        let built = answer
        return [
            self.stage("dns_name_parse") { keep(try DNSName("chunk-0007-0123456789ab.bench.test")) },
            self.stage("dns_query_encode") { keep(query.encode()) },
            self.stage("dns_query_decode") { keep(try DNSMessage(decoding: queryBytes[...])) },
            self.stage("dns_answer_encode") { keep(built.encode()) },
            self.stage("dns_answer_decode") { keep(try DNSMessage(decoding: answerBytes[...])) },
        ]
    }

    private static func signed(_ bytes: [UInt8]) throws -> (Ed25519.PublicKey, Ed25519.Signature) {
        let key = try Ed25519.SecretKey(seed: SecretBytes(copying: [UInt8](0..<32)))
        return (key.publicKey, key.sign(bytes))
    }

    private static func stage(_ name: String, _ body: @escaping () throws -> Void) -> Stage {
        Stage(name: name, size: 0, dataCount: 0, shareCount: 0, body: body)
    }
}

/// Keys that a closure can hold.
private final class SecretHolder {
    let key: X25519.SecretKey
    init(_ key: consuming X25519.SecretKey) { self.key = key }
}

private final class SigningHolder {
    let key: Ed25519.SecretKey
    init(_ key: consuming Ed25519.SecretKey) { self.key = key }
}
