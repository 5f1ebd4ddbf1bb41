import DNSWire

extension FuzzTarget {
    static let updates = [
        // A pointer of two bytes may stand for a name of 255.
        FuzzTarget("update", upTo: 4_096, allocationFactor: 2_000) { input in
            guard let message = try? DNSMessage(decoding: input), let update = try? DNSUpdate(message) else { return }
            let written = update.message(id: message.id)
            require(written.questions == message.questions, "the zone is written differently")
            require(written.answers == message.answers, "the prerequisites are written differently")
            require(written.authorities == message.authorities, "the changes are written differently")
            require((try? DNSUpdate(written)) == update, "what was written reads differently")
            require(update.prerequisites.count == message.answers.count, "a prerequisite was lost")
            require(update.changes.count == message.authorities.count, "a change was lost")
        },
        FuzzTarget("tsig", upTo: 4_096, allocationFactor: 1_000) { input in
            guard let message = try? TSIGMessage(input) else { return }
            // The key's name may have been a pointer; then the message is written longer, and once only.
            let encoded = message.encode()
            guard let again = try? TSIGMessage(encoded[...]) else { fatalError("what was written does not come apart") }
            require(again == message, "what was written comes apart differently")
            require(again.encode() == encoded, "the second writing differs")
            require((try? TSIGData(decoding: message.data.encode()[...])) == message.data, "the data reads differently")
            for algorithm in TSIGAlgorithm.allCases {
                guard let key = TSIGKey(name: message.keyName, algorithm: algorithm, secret: [1, 2, 3]) else {
                    fatalError("no key")
                }
                let time = message.data.timeSigned
                // A code that is right by chance is one in 2⁸⁰.
                require((try? message.verify(with: key, now: time)) == nil, "a foreign signature counts")
                guard let signed = key.sign(message.content, at: time), let own = try? TSIGMessage(signed.bytes[...])
                else {
                    continue
                }
                require((try? own.verify(with: key, now: time)) != nil, "the own signature does not count")
                require((try? own.verify(with: key, answering: [1], now: time)) == nil, "a request plays no part")
            }
        },
    ]
}
