import DMPCrypto
import DMPProtocol
import ErasureCoding

extension FuzzTarget {
    static let messages = [
        FuzzTarget("message-outer", upTo: 4_096) { input in
            guard let message = try? OuterMessage(decoding: input) else { return }
            guard let again = try? OuterMessage(decoding: message.encoded[...]) else {
                fatalError("what was encoded is refused")
            }
            require(again == message, "what was encoded is another message")
            require(message.payload.elementsEqual(input.dropLast(32).suffix(message.payload.count)), "other payload")
        },
        FuzzTarget("message-header", upTo: 1_024) { input in
            guard let header = try? MessageHeader(json: input) else { return }
            guard let again = try? MessageHeader(json: header.json[...]) else { fatalError("own spelling is refused") }
            require(again == header, "own spelling is another header")
            for now in [0, 1_800_000_000, UInt64.max] { _ = header.isExpired(at: UnixSeconds(rawValue: now)) }
            _ = header.timestamp
            require(!header.associatedData(prekey: nil).isEmpty, "no associated data")
        },
        FuzzTarget("json", upTo: 1_024) { input in
            guard let object = try? JSONObject(input) else { return }
            _ = object["from"]
        },
        FuzzTarget("envelope", upTo: 1_024) { input in
            let (body, claimed) = Envelope.unwrap(Array(input))
            require(input.suffix(body.count).elementsEqual(body), "the body is no part of the text")
            require(Envelope.looksLikeEnvelope(Array(input)) == (body.count < input.count), "two answers")
            guard let claimed, let again = Envelope.wrap(body, from: claimed) else { return }
            require(Envelope.unwrap(again).claimed == claimed, "own spelling names another address")
            require(Envelope.unwrap(again).body == body, "own spelling holds another body")
        },
        FuzzTarget("chunk", upTo: 200) { input in
            guard let wire = try? ChunkWire(Array(input)) else { return }
            require((try? ChunkWire(parsing: wire.value)) == wire, "the text is another chunk")
            guard let block = wire.unwrapped() else { return }
            // A block that its checksum fits counts as it stands, even where the parity is damaged beyond repair.
            let isUntouched = input.dropFirst(8).prefix(128) == block
            let repaired = wire.repaired()
            require(isUntouched || repaired?.block == block, "repaired to another block")
            require(repaired?.wire.unwrapped() == repaired?.block, "the repaired chunk does not read")
        },
        FuzzTarget("reed-solomon", upTo: 170) { input in
            guard let (data, wrong) = try? ReedSolomon.decode(input) else { return }
            guard let codeword = try? ReedSolomon.encode(data[...]) else { fatalError("its own data is refused") }
            let difference = zip(codeword, input).count { $0 != $1 }
            require(difference == wrong && wrong <= ReedSolomon.correctableByteCount, "wrong number of repairs")
        },
        // Bytes 0 and 1 are k and n; then shares of a number and 128 bytes.
        FuzzTarget("erasure", upTo: 2_048, allocationFactor: 400) { input in
            var rest = input
            guard let k = rest.popFirst(), let n = rest.popFirst(),
                let code = try? ErasureCode(dataCount: Int(k), shareCount: Int(n))
            else { return }
            var shares: [(index: Int, block: ArraySlice<UInt8>)] = []
            while let index = rest.popFirst() {
                shares.append((Int(index), rest.prefix(ErasureCode.blockByteCount)))
                rest = rest.dropFirst(ErasureCode.blockByteCount)
            }
            guard let message = try? code.decode(shares) else { return }
            require(message.count <= code.messageCapacity, "longer than k blocks hold")
            require((try? code.encode(message[...])) != nil, "its own message is refused")
        },
        FuzzTarget("assembly", upTo: 2_048, allocationFactor: 400, run: assemble),
    ]

    /// Byte 0 chooses k and n; then chunks of 168 bytes, which the manifest names or, when marked, does not.
    private static func assemble(_ input: ArraySlice<UInt8>) {
        var rest = input
        guard let choice = rest.popFirst() else { return }
        let dataCount = Int(choice % 4) + 1
        let shareCount = dataCount + Int(choice / 4 % 4)
        var offers: [(index: Int, wire: ChunkWire)] = []
        var hashes = [UInt8](repeating: 0, count: shareCount * SlotManifest.hashByteCount)
        while let mark = rest.popFirst() {
            var bytes = Array(rest.prefix(ChunkWire.byteCount))
            bytes += repeatElement(0, count: ChunkWire.byteCount - bytes.count)
            rest = rest.dropFirst(ChunkWire.byteCount)
            guard let wire = try? ChunkWire(bytes) else { return }
            let index = Int(mark % 16)
            offers.append((index, wire))
            guard mark < 128, index < shareCount else { continue }
            let named = mark < 64 ? wire : wire.repaired()?.wire ?? wire
            hashes.replaceSubrange(index * 32..<index * 32 + 32, with: named.hash)
        }
        guard let sender = try? Ed25519.PublicKey([UInt8](repeating: 9, count: 32)),
            let id = try? MessageID([UInt8](repeating: 1, count: 16)),
            let recipient = try? UserID([UInt8](repeating: 2, count: 32)),
            let manifest = try? SlotManifest(
                messageID: id,
                sender: sender,
                recipient: recipient,
                shareCount: shareCount,
                dataCount: dataCount,
                prekey: nil,
                issued: UnixSeconds(rawValue: 0),
                expires: UnixSeconds(rawValue: 1),
                chunkHashes: hashes
            ), var assembly = try? MessageAssembly(manifest)
        else { fatalError("the manifest is a good one") }
        for offer in offers {
            let verdict = assembly.offer(offer.wire.value, at: offer.index)
            require(offer.index < shareCount || verdict == .noSuchChunk, "a chunk that the manifest does not name")
        }
        require(assembly.isComplete == (shareCount - assembly.missing.count >= dataCount), "two answers")
        if let outer = try? assembly.outerMessage() {
            require(outer.payload.count <= dataCount * ErasureCode.blockByteCount, "longer than the chunks hold")
        }
    }
}
