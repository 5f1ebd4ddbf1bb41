package import DMPCrypto
import DMPProtocol

/// The first 100 bytes of a backup. Integers are big-endian.
///
/// | Offset | Bytes | Field |
/// |-------:|------:|---|
/// |      0 |    15 | `dnsmesh-backup` and a line feed |
/// |     15 |     1 | version: 1 |
/// |     16 |     4 | Argon2id: passes |
/// |     20 |     4 | Argon2id: memory in KiB |
/// |     24 |     4 | Argon2id: lanes |
/// |     28 |    32 | Argon2id: salt |
/// |     60 |     8 | how many bytes the whole file has |
/// |     68 |    32 | HMAC-SHA256 of all above |
///
/// Argon2id (version 0x13) makes 64 bytes of the passphrase: the key of the chunks, then that of the HMAC.
///
/// Source: `docs/backup.md`.
struct BackupHeader: Hashable, Sendable {
    static let byteCount = 100
    private static let version: UInt8 = 1
    private static let magic = Array("dnsmesh-backup\n".utf8)
    private static let saltByteCount = 32
    private static let keyByteCount = 32

    private let passes: UInt32
    private let memoryKiB: UInt32
    private let lanes: UInt32
    private let salt: [UInt8]
    var fileByteCount: UInt64 = 0

    init(cost: Argon2id.Parameters) {
        (self.passes, self.memoryKiB, self.lanes) = (cost.timeCost, cost.memoryKiB, cost.lanes)
        self.salt = SecureRandom.bytes(Self.saltByteCount)
    }

    /// Reads the start of a file, of which nothing is verified yet.
    ///
    /// - Throws: ``BackupError/foreign``, ``BackupError/newerVersion(_:)``, ``BackupError/truncated`` or
    ///   ``BackupError/excessiveCost``.
    init(parsing bytes: [UInt8]) throws(BackupError) {
        guard bytes.starts(with: Self.magic) else { throw .foreign }
        if let version = bytes.dropFirst(Self.magic.count).first, version != Self.version {
            throw .newerVersion(version)
        }
        var reader = ByteReader(bytes.dropFirst(Self.magic.count + 1))
        do throws(WireError) {
            self.passes = try reader.readInteger()
            self.memoryKiB = try reader.readInteger()
            self.lanes = try reader.readInteger()
            self.salt = Array(try reader.read(Self.saltByteCount))
            self.fileByteCount = try reader.readInteger()
        } catch {
            throw .truncated
        }
        // A file of unknown origin must not make us work for hours: at most 10 passes over 1 GiB.
        guard (1...10).contains(self.passes), (8...1_048_576).contains(self.memoryKiB), (1...16).contains(self.lanes)
        else { throw .excessiveCost }
    }

    /// The part that was known before the chunks were written, and that each of them is bound to.
    var fixedPart: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.write(Self.magic)
        writer.write([Self.version])
        for number in [self.passes, self.memoryKiB, self.lanes] { writer.writeInteger(number) }
        writer.write(self.salt)
        return writer.bytes
    }

    /// The whole header.
    func bytes(key: borrowing SecretBytes) -> [UInt8] {
        self.authenticatedPart + HMAC.sha256.code(for: self.authenticatedPart, key: key)
    }

    /// Whether the last field of a header that was read fits.
    func isAuthentic(_ bytes: [UInt8], key: borrowing SecretBytes) -> Bool {
        HMAC.sha256.isValid(Array(bytes.suffix(32)), for: self.authenticatedPart, key: key)
    }

    private var authenticatedPart: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.write(self.fixedPart)
        writer.writeInteger(self.fileByteCount)
        return writer.bytes
    }

    /// The keys that the passphrase gives. Takes some tenths of a second, and the memory that the header names.
    func keys(passphrase: borrowing SecretBytes) throws(CryptoError) -> BackupKeys {
        let cost = Argon2id.Parameters(
            timeCost: self.passes,
            memoryKiB: self.memoryKiB,
            lanes: self.lanes,
            outputByteCount: 2 * Self.keyByteCount
        )
        let both = try Argon2id.derive(passphrase: passphrase, salt: self.salt, parameters: cost)
        return both.withBytes { bytes in
            BackupKeys(
                chunks: SecretBytes(copying: bytes.extracting(first: Self.keyByteCount)),
                header: SecretBytes(copying: bytes.extracting(last: Self.keyByteCount))
            )
        }
    }
}

/// The keys of one backup.
struct BackupKeys: ~Copyable {
    let chunks: SecretBytes
    let header: SecretBytes
}

extension Argon2id.Parameters {
    /// For backups, which lie where anybody may try passphrases: RFC 9106, section 4, second choice.
    package static let backup = Argon2id.Parameters(timeCost: 3, memoryKiB: 65_536, lanes: 4, outputByteCount: 64)
}
