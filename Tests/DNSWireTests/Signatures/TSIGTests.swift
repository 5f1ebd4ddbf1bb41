import DMPTesting
import DNSWire
import Testing

@Suite("TSIG signatures")
struct TSIGTests {
    private static let now: UInt64 = 1_700_000_000

    @Test("Every algorithm signs and verifies as dnspython does: requests, and answers chained to them")
    func vectors() throws {
        let vectors = try UpdateVectors.load()
        for test in vectors.cases {
            let key = try vectors.key(test.algorithm)
            let plain = try UpdateVectors.update().message(id: 0x1234).encode()
            let signed = try #require(key.sign(plain, at: vectors.time))
            #expect(signed.bytes == test.request.bytes, "\(test.algorithm)")
            #expect(signed.bytes.count == plain.count + key.byteCount)
            let request = try #require(try TSIGMessage(test.request.bytes[...]))
            #expect(request.content == plain && request.data.code == signed.code)
            try request.verify(with: key, now: vectors.time)
            for answer in [test.accepted, test.refused, test.badtime] {
                let message = try #require(try TSIGMessage(answer.bytes[...]))
                try message.verify(with: key, answering: signed.code, now: vectors.time)
                #expect(message.encode() == answer.bytes)
                #expect(throws: TSIGFailure.badSignature) {
                    try message.verify(with: key, answering: signed.code.reversed(), now: vectors.time)
                }
                #expect(throws: TSIGFailure.badSignature) { try message.verify(with: key, now: vectors.time) }
                let own = try #require(
                    key.sign(
                        message.content,
                        at: vectors.time,
                        answering: signed.code,
                        error: message.data.error,
                        otherData: message.data.otherData
                    )
                )
                #expect(own.bytes == answer.bytes)
            }
            let late = try #require(try TSIGMessage(test.badtime.bytes[...]))
            #expect(late.data.error == .badTime && late.data.serverTime == vectors.time + 400)
            #expect(TSIGData.otherData(serverTime: vectors.time + 400) == late.data.otherData)
        }
        #expect(vectors.cases.count == TSIGAlgorithm.allCases.count)
    }

    @Test("A change of any byte breaks the signature or the message")
    func alteredBytes() throws {
        let (key, request) = try Self.signed()
        for index in request.indices {
            var bytes = request
            bytes[index] ^= 0x40
            guard let message = try? TSIGMessage(bytes[...]) else { continue }
            // The letters of names count without their case, and the id is only that of the packet.
            let isCase = message.keyName == key.name && message.data.algorithm == key.algorithm.name
            if index < 2 || isCase, (try? message.verify(with: key, now: Self.now)) != nil {
                #expect(index < 2, "byte \(index)")
            }
        }
    }

    @Test("The names of key and algorithm count in any case of letters")
    func letterCase() throws {
        let (key, request) = try Self.signed()
        let text = Array("ALICE-KEY".utf8)
        let place = try #require(request.indices.first { request[$0...].starts(with: "alice-key".utf8) })
        var bytes = request
        bytes.replaceSubrange(place..<place + text.count, with: text)
        try #require(try TSIGMessage(bytes[...])).verify(with: key, now: Self.now)
    }

    @Test(
        "The clocks may differ by the fudge, and a long fudge counts as 300 s",
        arguments: [(0, nil), (300, nil), (-300, nil), (301, .badTime), (-301, .badTime)] as [(Int64, TSIGFailure?)],
        [300, 65_535] as [UInt16]
    )
    func times(case: (difference: Int64, failure: TSIGFailure?), fudge: UInt16) throws {
        let (key, request) = try Self.signed(fudge: fudge)
        let message = try #require(try TSIGMessage(request[...]))
        let now = UInt64(Int64(Self.now) + `case`.difference)
        #expect(throws: `case`.failure.map { $0 } ?? .malformed) {
            try message.verify(with: key, now: now)
            throw TSIGFailure.malformed  // verified
        }
    }

    @Test("A short fudge counts as it is")
    func shortFudge() throws {
        let (key, request) = try Self.signed(fudge: 5)
        let message = try #require(try TSIGMessage(request[...]))
        try message.verify(with: key, now: Self.now + 5)
        #expect(throws: TSIGFailure.badTime) { try message.verify(with: key, now: Self.now + 6) }
    }

    @Test("Another key, algorithm or secret is told apart")
    func otherKeys() throws {
        let (key, request) = try Self.signed()
        let message = try #require(try TSIGMessage(request[...]))
        let secret = [UInt8](repeating: 0x73, count: 32)
        let others: [(TSIGKey?, TSIGFailure)] = [
            (TSIGKey(name: try DNSName("bob-key"), algorithm: .hmacSHA256, secret: secret), .badKey),
            (TSIGKey(name: key.name, algorithm: .hmacSHA512, secret: secret), .badKey),
            (TSIGKey(name: key.name, algorithm: .hmacSHA256Truncated128, secret: secret), .badKey),
            (TSIGKey(name: key.name, algorithm: .hmacSHA256, secret: secret + [0x73]), .badSignature),
        ]
        for (other, failure) in others {
            let other = try #require(other)
            #expect(throws: failure) { try message.verify(with: other, now: Self.now) }
        }
    }

    @Test(
        "A code of another length is refused, even where it is right as far as it goes",
        arguments: [(0, .malformed), (9, .malformed), (15, .malformed), (16, .badTruncation), (31, .badTruncation)]
            as [(Int, TSIGFailure)]
    )
    func truncatedCodes(count: Int, failure: TSIGFailure) throws {
        let (key, request) = try Self.signed()
        let message = try #require(try TSIGMessage(request[...]))
        var data = message.data
        data.code = Array(data.code.prefix(count))
        let bytes = try #require(data.appended(to: message.content, keyName: message.keyName))
        let short = try #require(try TSIGMessage(bytes[...]))
        #expect(throws: failure) { try short.verify(with: key, now: Self.now) }
        data.code = message.data.code + [0]
        let longBytes = try #require(data.appended(to: message.content, keyName: message.keyName))
        let long = try #require(try TSIGMessage(longBytes[...]))
        #expect(throws: TSIGFailure.malformed) { try long.verify(with: key, now: Self.now) }
    }

    @Test("A signature anywhere but at the end, or two of them, is an error")
    func places() throws {
        let (key, request) = try Self.signed()
        let twice = try #require(key.sign(request, at: Self.now)).bytes
        #expect(throws: DNSDecodeError.self) { try TSIGMessage(twice[...]) }
        var message = try DNSMessage(decoding: request[...])
        let record = message.additionals[0]
        message.additionals.append(DNSRecord(name: .root, timeToLive: 0, data: .txt(TXTData("x".utf8))))
        #expect(throws: DNSDecodeError.self) { try TSIGMessage(message.encode()[...]) }
        message.additionals = []
        for section in [\DNSMessage.answers, \DNSMessage.authorities] {
            var other = message
            other[keyPath: section].append(record)
            #expect(throws: DNSDecodeError.self) { try TSIGMessage(other.encode()[...]) }
        }
        for change in [{ (record: inout DNSRecord) in record.timeToLive = 1 }, { $0.recordClass = .in }] {
            var other = message
            other.additionals = [record]
            change(&other.additionals[0])
            #expect(throws: DNSDecodeError.self) { try TSIGMessage(other.encode()[...]) }
        }
    }

    @Test("A message without a signature is told apart from a damaged one, wherever it ends")
    func unsigned() throws {
        let (_, request) = try Self.signed()
        let plain = try UpdateVectors.update().message(id: 1).encode()
        #expect(try TSIGMessage(plain[...]) == nil)
        #expect(try TSIGMessage(DNSMessage(id: 1).encode()[...]) == nil)
        for count in 0..<request.count {
            #expect(throws: DNSDecodeError.self, "\(count) bytes") { try TSIGMessage(request.prefix(count)) }
        }
        #expect(throws: DNSDecodeError.self) { try TSIGMessage((request + [0])[...]) }
    }

    @Test("What has no room for a signature isn't signed")
    func room() throws {
        let (key, _) = try Self.signed()
        #expect(key.sign([0, 1, 2], at: Self.now) == nil)
        let full = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        #expect(key.sign(full, at: Self.now) == nil)
        let long = [UInt8](repeating: 0, count: DNSMessage.maximumByteCount - key.byteCount)
        #expect(key.sign(long, at: Self.now)?.bytes.count == DNSMessage.maximumByteCount)
        #expect(key.sign(long + [0], at: Self.now) == nil)
    }

    @Test("No description of a key shows its secret")
    func descriptions() throws {
        let key = try #require(TSIGKey(name: DNSName("a"), algorithm: .hmacSHA256, secret: Array("TOPSECRET".utf8)))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("TOPSECRET") && !text.contains("84, 79, 80"))
        }
        #expect(try TSIGKey(name: DNSName("a"), algorithm: .hmacSHA256, secret: []) == nil)
    }

    @Test("Algorithms are read by their names", arguments: TSIGAlgorithm.allCases)
    func algorithms(algorithm: TSIGAlgorithm) {
        #expect(TSIGAlgorithm(algorithm.rawValue.uppercased() + ".") == algorithm)
        #expect(algorithm.name.description == algorithm.rawValue)
        #expect(TSIGAlgorithm("hmac-md5") == nil && TSIGAlgorithm("") == nil)
    }

    @Test("Errors have their mnemonics")
    func errors() {
        let texts = [0, 16, 17, 18, 22, 99].map { TSIGError(rawValue: $0).description }
        #expect(texts == ["NOERROR", "BADSIG", "BADKEY", "BADTIME", "BADTRUNC", "TSIG error 99"])
    }

    @Test("Damaged signed messages are refused or come apart and together again", arguments: 0..<10 as Range<UInt64>)
    func mutation(offset: UInt64) throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        let (key, request) = try Self.signed()
        for _ in 0..<300 {
            let bytes = request.mutated(using: &random)
            guard let message = try? TSIGMessage(bytes[...]) else { continue }
            let again = try TSIGMessage(message.encode()[...])
            #expect(again == message, "seed \(seed)")
            if (try? message.verify(with: key, now: Self.now)) != nil {
                let content = try Self.content().dropFirst(2)
                #expect(message.content.dropFirst(2).elementsEqual(content), "seed \(seed)")
            }
        }
    }

    private static func content() throws -> [UInt8] { try UpdateVectors.update().message(id: 0x1234).encode() }

    private static func signed(fudge: UInt16 = 300) throws -> (TSIGKey, [UInt8]) {
        let vectors = try UpdateVectors.load()
        let key = try vectors.key("hmac-sha256")
        return (key, try #require(key.sign(try Self.content(), at: Self.now, fudge: fudge)).bytes)
    }
}
