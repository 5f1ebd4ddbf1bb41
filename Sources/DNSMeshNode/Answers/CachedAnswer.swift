internal import DMPProtocol
internal import DNSWire
internal import NIOCore

/// What the node answers to TXT queries for one name, encoded but for what each query brings along.
final class CachedAnswer: Sendable {
    /// In wire form and lower case.
    let name: [UInt8]
    let code: DNSResponseCode
    private let isAuthoritative: Bool
    private let answerCount: UInt16
    private let authorityCount: UInt16
    /// The records, whose owner is a pointer to the question, or the SOA of a denial, whose names may be.
    private let records: [UInt8]
    private let timeToLive: UInt32
    private let made: UnixSeconds
    /// When a value expires, or what a denial rests on may change with time.
    private let ends: UnixSeconds

    /// How long an answer is kept before it is looked up again, in seconds: as long as a resolver would keep it.
    private static let longestLife: UInt64 = 60

    /// Is `nil` for an answer that must be made for each query: it has no room for an OPT record.
    ///
    /// - Parameters:
    ///   - answer: The whole answer to a question for TXT.
    ///   - made: When it was made.
    ///   - ends: When something that it says expires.
    init?(_ answer: DNSMessage, made: UnixSeconds, ends: UnixSeconds) {
        guard let question = answer.questions.first else { return nil }
        var canonical = answer
        let name = question.name.lowercased()
        canonical.questions[0].name = name
        canonical.edns = nil
        for index in canonical.answers.indices { canonical.answers[index].name = name }
        let bytes = canonical.encode()
        let start = PlainQuery.nameStart + name.wireForm.count + 4
        guard bytes.count <= DNSMessage.maximumByteCount - Self.optionRecord.count, bytes.count >= start,
            bytes[2] & 0x02 == 0
        else { return nil }
        self.name = name.wireForm
        self.code = answer.responseCode
        self.isAuthoritative = answer.isAuthoritative
        self.answerCount = UInt16(truncatingIfNeeded: answer.answers.count)
        self.authorityCount = UInt16(truncatingIfNeeded: answer.authorities.count)
        self.records = Array(bytes[start...])
        self.timeToLive = answer.answers.first?.timeToLive ?? 0
        self.made = made
        self.ends = ends
    }

    /// What it takes of the bound of a cache: its bytes, and about what keeps them.
    var cost: Int { self.name.count + self.records.count + 256 }

    var isDenial: Bool { self.answerCount == 0 }

    func holds(at now: UnixSeconds) -> Bool {
        self.made <= now && now < self.ends && now < self.made.adding(Self.longestLife)
    }

    /// Whether it answers this query, whose key may be that of another name by chance.
    func answers(_ query: PlainQuery, _ message: borrowing Span<UInt8>) -> Bool {
        guard query.nameByteCount == self.name.count else { return false }
        for index in self.name.indices {
            guard message[PlainQuery.nameStart + index].lowercasedASCII == self.name[index] else { return false }
        }
        return true
    }

    /// An OPT record without options, as every answer to a query with EDNS has it.
    private static let optionRecord: [UInt8] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]

    /// Writes the answer to a query at the end of `answer`; just its question with TC set if it has more than `limit`
    /// bytes.
    func write(
        into answer: inout ByteBuffer,
        for query: PlainQuery,
        _ message: ByteBuffer,
        limit: Int,
        longestTimeToLive: UInt32,
        now: UnixSeconds
    ) {
        let questionByteCount = query.nameByteCount + 4
        let optionByteCount = query.payloadSize == nil ? 0 : Self.optionRecord.count
        let byteCount = PlainQuery.nameStart + questionByteCount + self.records.count + optionByteCount
        let fits = byteCount <= limit
        answer.reserveCapacity(minimumWritableBytes: fits ? byteCount : 512)
        var flags: UInt16 = 0x8000 | self.code.rawValue & 0xf
        if self.isAuthoritative { flags |= 0x0400 }
        if !fits { flags |= 0x0200 }
        if query.isRecursionDesired { flags |= 0x0100 }
        answer.writeMultipleIntegers(
            query.id,
            flags,
            1 as UInt16,
            fits ? self.answerCount : 0,
            fits ? self.authorityCount : 0,
            query.payloadSize == nil ? 0 : 1 as UInt16
        )
        let nameIndex = message.readerIndex + PlainQuery.nameStart
        if let question = message.getSlice(at: nameIndex, length: questionByteCount) {
            answer.writeImmutableBuffer(question)
        }
        if fits {
            let start = answer.writerIndex
            answer.writeBytes(self.records)
            self.bringUpToDate(&answer, from: start, longestTimeToLive: longestTimeToLive, now: now)
        }
        if query.payloadSize != nil { answer.writeBytes(Self.optionRecord) }
    }

    /// Sets what time has changed since: TTLs, which are never longer than the shortest life, and the serial of the SOA.
    private func bringUpToDate(
        _ answer: inout ByteBuffer,
        from start: Int,
        longestTimeToLive: UInt32,
        now: UnixSeconds
    ) {
        if self.authorityCount > 0 {
            // Serial, refresh, retry, expire and minimum are the last 20 bytes.
            answer.setInteger(UInt32(truncatingIfNeeded: now.rawValue), at: answer.writerIndex - 20)
        }
        let timeToLive = UInt32(clamping: min(UInt64(longestTimeToLive), now.seconds(until: self.ends)))
        guard self.answerCount > 0, timeToLive != self.timeToLive else { return }
        var place = start
        for _ in 0..<self.answerCount {
            // A pointer of two bytes, type and class come before it; the length of the data follows.
            answer.setInteger(timeToLive, at: place + 6)
            place += 12 + Int(answer.getInteger(at: place + 10, as: UInt16.self) ?? 0)
        }
    }
}
