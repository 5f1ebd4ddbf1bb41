package import DMPCrypto

/// A message that was read. Who sent it, the manifest says: its key signed the hashes of all chunks.
package struct OpenedMessage: Hashable, Sendable {
    /// The text without envelope, any bytes.
    package let body: [UInt8]
    /// The address in the envelope: a claim, until the identity at it is found with the manifest's key.
    package let claimed: UserAddress?
    /// The user id in the header: unproven.
    package let sender: UserID
    /// The time of sending in the header.
    package let timestamp: UnixSeconds
}

extension OuterMessage {
    /// Opens the payload.
    ///
    /// - Parameters:
    ///   - manifest: The verified manifest that led here.
    ///   - secretKey: Of the prekey that the manifest names, or the long-term key if it names none.
    ///   - now: The current time.
    /// - Returns: The message.
    /// - Throws: ``MessageError/otherMessageID``, ``MessageError/otherRecipient``, ``MessageError/expired``,
    ///   ``MessageError/payloadTooShort(_:)``, ``MessageError/undecipherable``.
    package func open(
        for manifest: SlotManifest,
        with secretKey: borrowing X25519.SecretKey,
        now: UnixSeconds
    ) throws(MessageError) -> OpenedMessage {
        guard self.header.messageID == manifest.messageID else { throw .otherMessageID }
        guard self.header.recipient == manifest.recipient else { throw .otherRecipient }
        guard !self.header.isExpired(at: now) else { throw .expired }
        guard self.payload.count >= SessionCipher.prefixByteCount else { throw .payloadTooShort(self.payload.count) }
        let plaintext: [UInt8]
        do throws(CryptoError) {
            plaintext = try SessionCipher.open(
                self.payload[...],
                with: secretKey,
                authenticating: self.header.associatedData(prekey: manifest.prekey)
            )
        } catch {
            throw .undecipherable
        }
        let (body, claimed) = Envelope.unwrap(plaintext)
        return OpenedMessage(
            body: body,
            claimed: claimed,
            sender: self.header.sender,
            timestamp: self.header.timestamp
        )
    }
}
