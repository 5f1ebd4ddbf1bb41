import DMPCrypto
import DMPProtocol
import ErasureCoding

extension Fixture {
    /// What receiving a message costs, step by step and as a whole, without network and files.
    func receiveStages() throws -> [Stage] {
        let manifest = self.message.manifest
        let (k, n) = (self.code.dataCount, self.code.shareCount)
        let values = self.wires.prefix(k).map(\.value)
        let damaged = try self.damagedWires()
        let (first, last) = (self.numbered(0..<k), self.numbered(n - k..<n))
        let store = try self.published()
        return [
            self.stage("slot_verify") { keep(try Signed<SlotManifest>(parsing: manifest.value, now: Self.now)) },
            self.stage("txt_parse") { for value in values { keep(try ChunkWire(parsing: value)) } },
            self.stage("chunk_check") {
                for index in 0..<k {
                    let expected = hashes[SHA256.byteCount * index..<SHA256.byteCount * (index + 1)]
                    require(wires[index].hash.elementsEqual(expected), "chunk hash")
                }
            },
            self.stage("rs_decode_0") { for wire in wires.prefix(k) { require(wire.unwrapped() != nil, "chunk") } },
            self.stage("rs_decode_16") { for wire in damaged { require(wire.unwrapped() != nil, "repair") } },
            self.stage("erasure_decode_0") { require(try code.decode(first) == outer, "message") },
            self.stage("erasure_decode_max") { require(try code.decode(last) == outer, "message") },
            self.stage("decrypt") {
                let opened = try OuterMessage(decoding: outer[...])
                    .open(for: manifest.body, with: bob.x25519, now: Self.now)
                require(opened.body == body, "text")
            },
            self.stage("recv_total") { try self.receive(from: store, chunks: 0..<k) },
            self.stage("recv_total_maxloss") { try self.receive(from: store, chunks: n - k..<n) },
        ]
    }

    /// Looks at all slots of the mailbox, verifies what is there, fetches the chunks and opens the message.
    private func receive(from store: [OwnerName: TXTValue], chunks: Range<Int>) throws {
        for slot in Slot.all {
            let claim = try OwnerName.claim(slot, of: self.bob.userID, in: self.zone)
            require(store[claim] == nil, "no claim")
            guard let value = store[try OwnerName.slot(slot, of: self.bob.userID, in: self.zone)] else { continue }
            let manifest = try Signed<SlotManifest>(parsing: value, now: Self.now).body
            var assembly = try MessageAssembly(manifest)
            let key = manifest.chunkKey
            for index in chunks {
                guard let chunk = store[try OwnerName.chunk(index, of: key, in: self.zone)] else { continue }
                require(assembly.offer(chunk, at: index) == .accepted, "chunk taken")
            }
            let opened = try assembly.outerMessage().open(for: manifest, with: self.bob.x25519, now: Self.now)
            require(opened.body == self.body, "text")
            return
        }
        require(false, "message found")
    }

    private func published() throws -> [OwnerName: TXTValue] {
        var store: [OwnerName: TXTValue] = [:]
        for (index, value) in self.message.chunks.enumerated() {
            store[try OwnerName.chunk(index, of: self.message.key, in: self.zone)] = value
        }
        store[try OwnerName.slot(self.message.slot, of: self.bob.userID, in: self.zone)] = self.message.manifest.value
        return store
    }

    /// The first k chunks, each with 16 wrong bytes.
    private func damagedWires() throws -> [ChunkWire] {
        var random = SplitMix(seed: 11)
        return try self.wires.prefix(self.code.dataCount).map { wire in
            var bytes = wire.bytes
            for position in Array(8..<168).shuffled(using: &random).prefix(16) {
                bytes[position] ^= UInt8.random(in: 1...255, using: &random)
            }
            return try ChunkWire(bytes)
        }
    }
}
