package import DMPCrypto

/// A record whose signature was checked or just made: nothing else makes a value of this type.
public struct Signed<Body: Hashable & Sendable>: Hashable, Sendable {
    /// What the record says.
    public let body: Body
    /// The record as it is published: prefix ‖ base64(body ‖ signature). Withdrawing a record takes exactly this text.
    public let value: TXTValue

    fileprivate init(checked body: Body, value: TXTValue) {
        self.body = body
        self.value = value
    }
}

extension Signed where Body: RecordBody {
    /// - Throws: ``WireError``: the prefix first, then length and base64, the signature, the fields, the expiry.
    package init(
        verifying value: TXTValue,
        now: UnixSeconds,
        signer: (ArraySlice<UInt8>) throws(WireError) -> Ed25519.PublicKey
    ) throws(WireError) {
        try self.init(verifying: value, now: now, signatureCount: 1) { (body) throws(WireError) in [try signer(body)] }
    }

    /// Verifies a body that several keys sign, in the order in which `signers` names them. Without a time the expiry is
    /// left to the caller.
    ///
    /// - Throws: ``WireError``, in the order of ``init(verifying:now:signer:)``.
    package init(
        verifying value: TXTValue,
        now: UnixSeconds?,
        signatureCount: Int,
        signers: (ArraySlice<UInt8>) throws(WireError) -> [Ed25519.PublicKey]
    ) throws(WireError) {
        let signatureByteCount = signatureCount * Ed25519.Signature.byteCount
        let maximum = Body.bodyByteCounts.upperBound + signatureByteCount
        let blob = try value.decode(after: Body.prefix, maximumByteCount: maximum)
        guard Body.bodyByteCounts.contains(blob.count - signatureByteCount) else { throw .length(blob.count) }
        let signed = blob.dropLast(signatureByteCount)
        var signatures = ByteReader(blob.suffix(signatureByteCount))
        for key in try signers(signed) {
            guard try key.isValidSignature(signatures.readSignature(), for: signed) else { throw .signature }
        }
        try signatures.expectEnd()
        let body = try Body(signedBody: signed)
        if let now { try body.checkExpiry(at: now) }
        self.init(checked: body, value: value)
    }

    package init(signing body: Body, with key: borrowing Ed25519.SecretKey) {
        let signatureByteCount = Ed25519.Signature.byteCount
        var writer = ByteWriter(capacity: Body.bodyByteCounts.lowerBound + signatureByteCount)
        body.encode(into: &writer)
        writer.write(key.sign(writer.bytes).bytes)
        self.init(checked: body, value: TXTValue(prefix: Body.prefix, encoding: writer.bytes))
    }

    package init(signing body: Body, with first: borrowing Ed25519.SecretKey, and second: borrowing Ed25519.SecretKey) {
        let encoded = body.encoded
        let signatures = first.sign(encoded).bytes + second.sign(encoded).bytes
        self.init(checked: body, value: TXTValue(prefix: Body.prefix, encoding: encoded + signatures))
    }
}

extension SelfSignedBody {
    /// Signs with the key that the record names.
    ///
    /// - Throws: ``WireError/signerMismatch`` for another key: nobody could verify the record.
    package func signed(by key: borrowing Ed25519.SecretKey) throws(WireError) -> Signed<Self> {
        guard key.publicKey == self.signer else { throw .signerMismatch }
        return Signed(signing: self, with: key)
    }
}
