package import DMPCrypto

/// A body of an operator: its reader holds the operator's key already, and nothing is read before the signature is
/// checked under that key.
package protocol PinnedSignerBody: RecordBody {
    /// The key that the body names as its signer.
    var signer: Ed25519.PublicKey { get }
    /// What the record speaks for.
    var boundName: RecordDomain { get }
    /// Only a higher number replaces a record that is known already.
    var sequence: UInt64 { get }
}

extension PinnedSignerBody {
    /// Five years of 365 days.
    package static var maximumLifetime: UInt64 { 157_680_000 }

    /// - Throws: ``WireError/wireTooLong(_:)``, with the bytes of the text, for more bytes than a record can have.
    static func checkFits(bodyByteCount: Int) throws(WireError) {
        guard bodyByteCount <= Self.bodyByteCounts.upperBound else {
            let blobByteCount = bodyByteCount + Ed25519.Signature.byteCount
            throw .wireTooLong(Self.prefix.utf8CodeUnitCount + Base64.encodedByteCount(blobByteCount))
        }
    }

    /// Signs with the key that the record names. The expiry is not looked at.
    ///
    /// - Throws: ``WireError/signerMismatch`` for another key: nobody would take the record.
    package func signed(by key: borrowing Ed25519.SecretKey) throws(WireError) -> Signed<Self> {
        guard key.publicKey == self.signer else { throw .signerMismatch }
        return Signed(signing: self, with: key)
    }
}

extension Signed where Body: PinnedSignerBody {
    /// - Throws: ``WireError``; ``WireError/signerMismatch`` for a body that names another key, even if the signature
    ///   is right, and ``WireError/nameMismatch`` for one that speaks for another name.
    package init(
        verifying value: TXTValue,
        now: UnixSeconds,
        pinned key: Ed25519.PublicKey,
        name: ZoneName?
    ) throws(WireError) {
        try self.init(verifying: value, now: now) { _ in key }
        guard self.body.signer == key else { throw .signerMismatch }
        if let name, self.body.boundName.zone != name { throw .nameMismatch }
    }
}
