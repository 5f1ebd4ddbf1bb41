public import DMPCrypto

/// The key with which an operator signs the manifests of a cluster, or the bootstrap records of a domain.
///
/// It is an Ed25519 key made from a seed of 32 random bytes, which is kept in a file. Clients pin the public half.
public final class OperatorKey: Sendable {
    private let secret: Ed25519.SecretKey

    /// What clients pin, and what verifies the records.
    public var publicKey: Ed25519.PublicKey { self.secret.publicKey }

    /// A key that nobody has had before.
    public static func random() -> OperatorKey { OperatorKey(.random()) }

    /// - Parameter seed: The 32 bytes of the seed.
    /// - Throws: `CryptoError.wrongLength` for another number of bytes.
    public convenience init(seed: [UInt8]) throws(CryptoError) {
        self.init(try Ed25519.SecretKey(seed: SecretBytes(copying: seed)))
    }

    /// Reads what a key file holds: 64 hexadecimal digits of either case, ASCII white space around them, or the 32 bytes
    /// of the seed as they are. The reference reads both forms too.
    ///
    /// - Throws: `CryptoError.notHexadecimal`.
    public convenience init(fileContent: [UInt8]) throws(CryptoError) {
        if fileContent.count == Ed25519.SecretKey.seedByteCount {
            try self.init(seed: fileContent)
            return
        }
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0d).contains(byte) }
        guard let first = fileContent.firstIndex(where: { !isSpace($0) }),
            let last = fileContent.lastIndex(where: { !isSpace($0) }),
            let seed = Hexadecimal.decode(String(decoding: fileContent[first...last], as: UTF8.self)),
            seed.count == Ed25519.SecretKey.seedByteCount
        else { throw .notHexadecimal }
        try self.init(seed: seed)
    }

    private init(_ secret: consuming Ed25519.SecretKey) {
        self.secret = secret
    }

    /// What a key file holds: 64 lower-case hexadecimal digits and a line end. A secret.
    package var fileContent: [UInt8] {
        let seed = self.secret.withSeed { SecretBytes(copying: $0).unguardedBytes() }
        return Array(Hexadecimal.encode(seed).utf8) + [0x0a]
    }

    /// Signs a manifest that readers will take at the time `now`.
    ///
    /// - Throws: ``WireError/signerMismatch`` for a manifest that names another key, ``WireError/expired``,
    ///   ``WireError/tooFarAhead`` for one that expires more than five years from now.
    public func sign(_ manifest: ClusterManifest, now: UnixSeconds) throws(WireError) -> Signed<ClusterManifest> {
        try manifest.checkExpiry(at: now)
        return try manifest.signed(by: self.secret)
    }

    /// Signs a bootstrap record that readers will take at the time `now`.
    ///
    /// - Throws: ``WireError`` as for a manifest.
    public func sign(_ record: BootstrapRecord, now: UnixSeconds) throws(WireError) -> Signed<BootstrapRecord> {
        try record.checkExpiry(at: now)
        return try record.signed(by: self.secret)
    }
}

extension OperatorKey: CustomStringConvertible {
    /// The public half.
    public var description: String { "OperatorKey(\(self.publicKey.hex))" }
}

extension OperatorKey: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: []) }
}
