import DMPCrypto
import DMPTesting
import Testing

@testable import DMPProtocol

@Suite("Whole messages")
struct WholeMessageTests {
    private struct File: Decodable {
        let send: [WholeSend]
        let receive: [WholeReceive]
    }

    @Test("Sending and receiving are as in the vectors")
    func wholeVectors() throws {
        let file: File = try Vectors.load("whole", convertingSnakeCase: true)
        for item in file.send { try self.checkSending(item) }
        let sent = Dictionary(uniqueKeysWithValues: file.send.map { ($0.id, $0) })
        for item in file.receive {
            let origin = try #require(sent[item.of], "\(item.id)")
            var mailbox = try InMemoryMailbox(origin, changedBy: item)
            let text = try mailbox.receive(at: UnixSeconds(rawValue: item.now))
            #expect(text == (LenientForms.repaired[item.id] ?? item.text).map { Array($0.utf8) }, "\(item.id)")
            if let reason = Self.reasons[item.id] { #expect(mailbox.failure == reason, "\(item.id)") }
        }
        for item in file.send where item.result == "accept" {
            var mailbox = try InMemoryMailbox(item, changedBy: nil)
            let received = try mailbox.receive(at: UnixSeconds(rawValue: item.now))
            #expect(received == (item.received.map { Array($0.utf8) } ?? item.text.bytes), "\(item.id)")
        }
        Vectors.report("whole", cases: file.send.count + file.receive.count)
    }

    /// Why hostile messages of the vectors are not delivered.
    private static let reasons: [String: MessageError] = [
        "too-many-dropped": .tooFewChunks(have: 2, need: 3),
        "manifest-other-msg-id": .tooFewChunks(have: 0, need: 3),
        "outer-ts-changed": .undecipherable,
        "outer-ttl-changed": .undecipherable,
        "outer-sender-changed": .undecipherable,
        "outer-recipient-changed": .otherRecipient,
        "outer-msg-id-changed": .otherMessageID,
        "outer-type-changed": .undecipherable,
        "outer-version-changed": .undecipherable,
        "outer-type-unknown": .headerField(.type),
        "outer-ts-string": .headerField(.timestamp),
        "outer-not-an-object": .header(.notAnObject),
        "outer-not-json": .header(.syntax),
        "outer-expired-by-its-own-ttl": .expired,
        "outer-too-short": .truncated,
        "outer-header-length-past-end": .truncated,
        "payload-43-bytes": .payloadTooShort(43),
        "payload-44-bytes": .undecipherable,
        "payload-bit-flipped": .undecipherable,
        "ephemeral-key-zero": .undecipherable,
    ]

    private func checkSending(_ item: WholeSend) throws {
        let keys = try IdentityKeys(privateKey: SecretBytes(copying: item.senderPrivate.bytes))
        let recipientKey = try X25519.PublicKey(item.recipientPublic.bytes)
        let prekey = item.prekeyId == 0 ? nil : try Prekey.ID(item.prekeyId)
        let encryptionKey = try item.prekeyPrivate.map { secret in
            try X25519.SecretKey(SecretBytes(copying: secret.bytes)).publicKey
        }
        let body = item.bodyWithEnvelope
        let messageID = try MessageID(item.msgId.bytes)
        let ephemeral = try X25519.SecretKey(SecretBytes(copying: item.ephemeralPrivate.bytes))
        let nonce = try ChaCha20Poly1305.Nonce(item.nonce.bytes)
        let sealed: SealedMessage
        do throws(MessageError) {
            sealed = try SealedMessage.seal(
                body: body,
                from: keys,
                to: UserID(of: recipientKey),
                encryptingTo: encryptionKey ?? recipientKey,
                prekey: prekey,
                messageID: messageID,
                timestamp: UnixSeconds(rawValue: item.now),
                ttl: item.ttl,
                ephemeral: ephemeral,
                nonce: nonce
            )
        } catch {
            #expect(item.result == "reject", "\(item.id): \(error)")
            #expect(error == .tooLong(byteCount: body.count, limit: body.count - 1), "\(item.id)")
            return
        }
        #expect(item.result == "accept", "\(item.id)")
        #expect(SHA256.hash(body) == item.bodySha256?.bytes, "\(item.id)")
        #expect(sealed.manifest.value == item.manifest.map { TXTValue($0) }, "\(item.id)")
        #expect(sealed.chunks == item.chunks?.map { TXTValue($0) }, "\(item.id)")
        #expect(sealed.manifest.body.dataCount == item.k, "\(item.id)")
        #expect(sealed.manifest.body.shareCount == item.n, "\(item.id)")
        let zone = try ZoneName(item.senderZone)
        #expect(try OwnerName.slot(sealed.slot, of: UserID(of: recipientKey), in: zone).text == item.slotName)
        let last = sealed.chunks.count - 1
        #expect(try [0, last].map { try OwnerName.chunk($0, of: sealed.key, in: zone).text } == item.chunkNames)
        try self.checkOuter(item, sealed)
    }

    /// Compares what lies between the text and the chunks, by putting the message together again.
    private func checkOuter(_ item: WholeSend, _ sealed: SealedMessage) throws {
        var assembly = try MessageAssembly(sealed.manifest.body)
        for (index, chunk) in sealed.chunks.enumerated() { _ = assembly.offer(chunk, at: index) }
        let outer = try assembly.outerMessage()
        #expect(outer.encoded.count == item.outerLength, "\(item.id)")
        #expect(SHA256.hash(outer.encoded) == item.outerSha256?.bytes, "\(item.id)")
        #expect(SHA256.hash(outer.payload) == item.payloadSha256?.bytes, "\(item.id)")
        #expect(outer.header.json == item.outerHeader.map { Array($0.utf8) }, "\(item.id)")
        #expect(outer.header.associatedData(prekey: sealed.prekey) == item.aad?.bytes, "\(item.id)")
    }
}
