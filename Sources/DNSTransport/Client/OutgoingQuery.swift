import Synchronization

/// An answer that was found to belong to a query.
struct MatchedAnswer: Sendable {
    let bytes: [UInt8]
    let spelling: QuestionSpelling
}

/// A query that waits for its answer.
struct OutgoingQuery: Sendable {
    typealias Completion = CheckedContinuation<MatchedAnswer, any Error>

    /// Tells it from all other queries of the client.
    let number: UInt64
    /// The message. Its first two bytes are the id.
    private(set) var bytes: [UInt8]
    let questionEnd: Int
    let deadline: ErasedClock.Instant
    let completion: Completion
    /// How many sockets that it was sent from have gone without a reason.
    var lostSockets = 0

    init(
        number: UInt64,
        bytes: [UInt8],
        questionEnd: Int,
        deadline: ErasedClock.Instant,
        completion: Completion
    ) {
        self.number = number
        self.bytes = bytes
        self.questionEnd = questionEnd
        self.deadline = deadline
        self.completion = completion
    }

    mutating func setID(_ id: UInt16) {
        self.bytes[0] = UInt8(id >> 8)
        self.bytes[1] = UInt8(truncatingIfNeeded: id)
    }

    func matched(by answer: [UInt8]) -> MatchedAnswer? {
        DNSTransport.spelling(ofAnswer: answer, toQuery: self.bytes, questionEnd: self.questionEnd)
            .map { MatchedAnswer(bytes: answer, spelling: $0) }
    }
}

/// A query that is over, to be told so once no lock is held.
struct EndedQuery: Sendable {
    let completion: OutgoingQuery.Completion
    let result: Result<MatchedAnswer, any Error>

    func resume() {
        self.completion.resume(with: self.result)
    }
}

extension OutgoingQuery {
    func ended(_ answer: MatchedAnswer) -> EndedQuery {
        EndedQuery(completion: self.completion, result: .success(answer))
    }

    func ended(_ error: any Error) -> EndedQuery {
        EndedQuery(completion: self.completion, result: .failure(error))
    }
}

/// Draws an id that no key of `taken` has.
///
/// - Returns: `nil` if so many are taken that drawing could take long.
func unusedID<Value>(in taken: [UInt16: Value], drawing draw: () -> UInt16) -> UInt16? {
    guard taken.count < 0x4000 else { return nil }
    while true {
        let id = draw()
        if taken[id] == nil { return id }
    }
}
