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
        let signatureByteCount = Ed25519.Signature.byteCount
        let maximum = Body.bodyByteCounts.upperBound + signatureByteCount
        let blob = try value.decode(after: Body.prefix, maximumByteCount: maximum)
        guard Body.bodyByteCounts.contains(blob.count - signatureByteCount) else { throw .length(blob.count) }
        let signed = blob.dropLast(signatureByteCount)
        let signature: Ed25519.Signature
        do { signature = try Ed25519.Signature(blob.suffix(signatureByteCount)) } catch { throw .signature }
        guard try signer(signed).isValidSignature(signature, for: signed) else { throw .signature }
        let body = try Body(signedBody: signed)
        try body.checkExpiry(at: now)
        self.init(checked: body, value: value)
    }

    package init(signing body: Body, with key: borrowing Ed25519.SecretKey) {
        let signatureByteCount = Ed25519.Signature.byteCount
        var writer = ByteWriter(capacity: Body.bodyByteCounts.lowerBound + signatureByteCount)
        body.encode(into: &writer)
        writer.write(key.sign(writer.bytes).bytes)
        self.init(checked: body, value: TXTValue(prefix: Body.prefix, encoding: writer.bytes))
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
