import DMPCrypto
import DMPProtocol
import ErasureCoding

extension Fixture {
    /// What sending a message costs, step by step and as a whole, without network, files and key derivation.
    func sendStages(prekeys: [TXTValue]) throws -> [Stage] {
        let manifest = self.message.manifest.body
        let key = self.message.key
        return [
            self.stage("encrypt") { keep(try Self.encrypt(body, header: header, to: bob.encryptionKey)) },
            self.stage("erasure_encode") {
                keep(try ErasureCode(messageByteCount: outer.count).encode(outer[...]))
            },
            self.stage("rs_wrap") { keep(try ChunkWire.wrap(shares[...])) },
            self.stage("chunk_hash") { for wire in wires { keep(wire.hash) } },
            self.stage("txt_build") {
                for (index, wire) in wires.enumerated() {
                    keep(try OwnerName.chunk(index, of: key, in: zone))
                    keep(wire.value)
                }
            },
            self.stage("manifest_sign") { keep(try manifest.signed(by: alice.ed25519)) },
            self.stage("send_total") { try self.send(under: nil) },
            self.stage("send_prekeys50") {
                var random = SplitMix(seed: 3)
                guard let drawn = prekeys.randomElement(using: &random) else { return }
                let prekey = try Signed<Prekey>(parsing: drawn, now: Self.now, signer: bob.signingKey).body
                try self.send(under: prekey)
            },
        ]
    }

    /// Seals the message and puts its records into a store of memory.
    private func send(under prekey: Prekey?) throws {
        let message = try Self.seal(self.body, from: self.alice, to: self.bob, as: self.messageID, under: prekey)
        var store: [OwnerName: TXTValue] = [:]
        for (index, value) in message.chunks.enumerated() {
            store[try OwnerName.chunk(index, of: message.key, in: self.zone)] = value
        }
        store[try OwnerName.slot(message.slot, of: self.bob.userID, in: self.zone)] = message.manifest.value
        require(store.count == message.chunks.count + 1, "records published")
    }

    func stage(_ name: String, _ body: @escaping () throws -> Void) -> Stage {
        Stage(
            name: name,
            size: self.body.count,
            dataCount: self.code.dataCount,
            shareCount: self.code.shareCount,
            body: body
        )
    }
}
