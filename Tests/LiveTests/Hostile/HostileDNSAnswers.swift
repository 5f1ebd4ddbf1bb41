import DMPTesting
import DNSWire
import Testing

/// What a hostile DNS server does with every question.
struct HostileDNSAnswers: Sendable, CustomTestStringConvertible {
    /// What a client may make of it.
    enum Meaning: Sendable {
        /// Nothing: the answer is not one to this question, or can't be read.
        case nobodyKnows
        /// The values are these bytes.
        case values([[UInt8]])
    }

    let testDescription: String
    let meaning: Meaning
    let datagrams: HostileServer.Datagrams
    let stream: HostileServer.Stream?

    private init(
        _ description: String,
        _ meaning: Meaning = .nobodyKnows,
        stream: HostileServer.Stream? = nil,
        datagrams: @escaping HostileServer.Datagrams
    ) {
        self.testDescription = description
        self.meaning = meaning
        self.datagrams = datagrams
        self.stream = stream
    }

    static let all: [HostileDNSAnswers] = wrongAnswers + brokenAnswers + streams

    // MARK: Answers to other questions

    private static let wrongAnswers = [
        HostileDNSAnswers("silence") { _ in [] },
        HostileDNSAnswers("another id") { Self.answer($0) { $0.id &+= 1 } },
        HostileDNSAnswers("a thousand other ids") { request in
            (1...1_000).flatMap { offset in Self.answer(request) { $0.id &+= UInt16(offset) } }
        },
        HostileDNSAnswers("another question") { Self.answer($0) { $0.questions[0].name = .root } },
        HostileDNSAnswers("another type") { Self.answer($0) { $0.questions[0].type = .a } },
        HostileDNSAnswers("no question") { Self.answer($0) { $0.questions = [] } },
        HostileDNSAnswers("two questions") { Self.answer($0) { $0.questions += $0.questions } },
        HostileDNSAnswers("the question comes back") { [$0] },
        HostileDNSAnswers("another opcode") { Self.answer($0) { $0.opcode = .update } },
        HostileDNSAnswers("refused") { request in
            Self.answer(request) { ($0.responseCode, $0.answers) = (.refused, []) }
        },
        HostileDNSAnswers("server failure") { request in
            Self.answer(request) { ($0.responseCode, $0.answers) = (.serverFailure, []) }
        },
        HostileDNSAnswers("aliases without an end") { request in
            Self.answer(request) { message in
                let name = message.questions[0].name
                message.answers = (0..<60).map { step in
                    DNSRecord(
                        name: step == 0 ? name : Self.name("c\(step)"),
                        timeToLive: 60,
                        data: .cname(step == 59 ? name : Self.name("c\(step + 1)"))
                    )
                }
            }
        },
        HostileDNSAnswers("a TXT that is not UTF-8", .values([[0xff, 0xfe, 0x00, 0xc0]])) { request in
            Self.answer(request) { $0.answers[0].data = .txt(TXTData([0xff, 0xfe, 0x00, 0xc0])) }
        },
    ]

    // MARK: Answers that can't be read

    private static let brokenAnswers = [
        HostileDNSAnswers("no bytes at all") { _ in [[]] },
        HostileDNSAnswers("60,000 bytes of garbage") { request in
            var random = SeededRandom(seed: SeededRandom.fuzzSeed)
            return [Array(request.prefix(2)) + random.bytes(60_000)]
        },
        HostileDNSAnswers("65,535 records announced, none there") { request in
            Self.answer(request).map { bytes in
                var bytes = bytes
                bytes.replaceSubrange(6..<8, with: [0xff, 0xff])
                return bytes
            }
        },
        HostileDNSAnswers("a name that points to itself") { request in
            Self.raw(request, record: { [0xc0, UInt8($0 & 0xff)] })
        },
        HostileDNSAnswers("two names that point to each other") { request in
            Self.raw(request, record: { [0xc0, UInt8(($0 + 2) & 0xff), 0xc0, UInt8($0 & 0xff)] })
        },
        HostileDNSAnswers("a string longer than its record") { request in
            Self.raw(request, record: { _ in [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 3, 200, 65, 66] })
        },
        HostileDNSAnswers("a record cut off") { request in Self.answer(request).map { Array($0.dropLast(2)) } },
        HostileDNSAnswers("bytes after the last record") { request in Self.answer(request).map { $0 + [0] } },
    ]

    // MARK: Over TCP, after a datagram that says there is more

    private static let streams = [
        overTCP("closes at once") { _ in [.close] },
        overTCP("a message of no bytes") { _ in [.send([0, 0])] },
        overTCP("65,535 bytes of garbage") { request in
            var random = SeededRandom(seed: SeededRandom.fuzzSeed)
            return [.send([0xff, 0xff] + request.prefix(4).suffix(2) + random.bytes(65_533))]
        },
        overTCP("announces more than it sends") { _ in [.send([0xff, 0xff, 1, 2, 3]), .close] },
        overTCP("drips") { _ in [.drip([0x40, 0] + [UInt8](repeating: 7, count: 16_384))] },
        overTCP("never stops answering other questions") { request in
            let other = Self.answer(Array(request.dropFirst(2))) { $0.id &+= 1 }[0]
            return [.repeatForEver([UInt8(other.count >> 8), UInt8(other.count & 0xff)] + other)]
        },
        overTCP("never stops sending garbage") { _ in [.repeatForEver([UInt8](repeating: 0xee, count: 8_192))] },
    ]

    private static func overTCP(_ description: String, _ stream: @escaping HostileServer.Stream) -> HostileDNSAnswers {
        HostileDNSAnswers("over TCP: \(description)", stream: stream) { request in
            Self.answer(request) { ($0.isTruncated, $0.answers) = (true, []) }
        }
    }

    /// A good answer with a value, after `change`.
    private static func answer(_ request: [UInt8], _ change: (inout DNSMessage) -> Void = { _ in }) -> [[UInt8]] {
        guard let query = try? DNSMessage(decoding: request[...]), let question = query.questions.first else {
            return []
        }
        var message = DNSMessage(answering: query)
        message.isRecursionAvailable = true
        message.answers = [DNSRecord(name: question.name, timeToLive: 60, data: .txt(TXTData(Array("forged".utf8))))]
        change(&message)
        return [message.encode()]
    }

    /// An answer whose one record is `record`, which is told where it stands.
    private static func raw(_ request: [UInt8], record: (_ place: Int) -> [UInt8]) -> [[UInt8]] {
        Self.answer(request) { $0.answers = [] }.map { bytes in
            var bytes = bytes
            bytes.replaceSubrange(6..<8, with: [0, 1])
            return bytes + record(bytes.count)
        }
    }

    private static func name(_ label: String) -> DNSName {
        do { return try DNSName("\(label).mesh.example.org") } catch { return .root }
    }
}
