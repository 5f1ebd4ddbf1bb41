package import DMPCrypto

/// What one kind of signed record says, without its signature.
package protocol RecordBody: Hashable, Sendable {
    /// What the TXT value starts with, in exactly this case.
    static var prefix: StaticString { get }
    /// How many bytes the body can have.
    static var bodyByteCounts: ClosedRange<Int> { get }
    /// How many seconds before its expiry the earliest honest record appears. 30 days unless a kind says otherwise.
    static var maximumLifetime: UInt64 { get }

    /// Reads a body whose signature was checked.
    ///
    /// - Throws: ``WireError`` unless the bytes are one body and nothing else.
    init(signedBody: ArraySlice<UInt8>) throws(WireError)
    func encode(into writer: inout ByteWriter)
    /// - Throws: ``WireError`` when the record expires later than its kind allows, or, for some kinds, has expired.
    func checkExpiry(at now: UnixSeconds) throws(WireError)
}

/// A body that names the key which signs it.
package protocol SelfSignedBody: RecordBody {
    var signer: Ed25519.PublicKey { get }

    /// Reads only what finding the key takes.
    ///
    /// - Throws: ``WireError/length(_:)``, ``WireError/body(_:)``.
    static func signer(ofBody body: ArraySlice<UInt8>) throws(WireError) -> Ed25519.PublicKey
}

extension RecordBody {
    package static var maximumLifetime: UInt64 { 2_592_000 }

    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.bodyByteCounts.lowerBound)
        self.encode(into: &writer)
        return writer.bytes
    }

    static func checkLifetime(of expires: UnixSeconds, at now: UnixSeconds) throws(WireError) {
        guard now.seconds(until: expires) <= Self.maximumLifetime else { throw .tooFarAhead }
    }

    /// For the kinds of records that are not read at all once they have expired.
    ///
    /// - Throws: ``WireError/expired``, ``WireError/tooFarAhead``.
    static func checkUnexpired(until expires: UnixSeconds, at now: UnixSeconds) throws(WireError) {
        guard now <= expires else { throw .expired }
        try Self.checkLifetime(of: expires, at: now)
    }
}
