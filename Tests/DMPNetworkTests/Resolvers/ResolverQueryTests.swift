import DMPNetwork
import DMPProtocol
import DNSTransport
import Testing

@Suite("One query of several resolvers")
struct ResolverQueryTests {
    private static let records = ReadResult.records([TXTValue("a")])

    private func query(
        preferred: Int,
        others: Int = 0,
        addresses: [String]? = nil,
        deadline: Int = 10_000,
        _ change: (inout ResolverQuery.Rules) -> Void = { _ in }
    ) -> ResolverQuery {
        var rules = ResolverQuery.Rules()
        change(&rules)
        let candidates = (0..<preferred + others).map { index in
            ResolverQuery.Candidate(
                upstream: index,
                address: addresses?[index] ?? "\(index)",
                isPreferred: index < preferred,
                hedgeDelay: .milliseconds(100),
                patience: .milliseconds(400)
            )
        }
        return ResolverQuery(candidates, rules: rules, deadline: ErasedClock.at(deadline))
    }

    @Test("It wakes to ask the next, to give up waiting, and at the limit of each question")
    func wakes() {
        var query = self.query(preferred: 2)
        #expect(query.nextWake == nil)
        #expect(query.advance(to: ErasedClock.at(0)) == [0])
        #expect(query.nextWake == ErasedClock.at(100))
        #expect(query.advance(to: ErasedClock.at(50)) == [])
        #expect(query.advance(to: ErasedClock.at(100)) == [1])
        #expect(query.nextWake == ErasedClock.at(5000))
        query.ended(1, with: .absent, at: ErasedClock.at(120))
        #expect(query.advance(to: ErasedClock.at(120)) == [])
        #expect(query.verdict == nil)
        #expect(query.nextWake == ErasedClock.at(400))
        #expect(query.advance(to: ErasedClock.at(400)) == [])
        #expect(query.verdict == .absent)
        #expect(!query.isOver)
        #expect(query.outstanding == [0])
        #expect(query.nextWake == ErasedClock.at(5000))
    }

    @Test("A late answer with values counts against those who said no, and doesn't change the verdict")
    func lateContradiction() {
        var query = self.query(preferred: 3)
        _ = query.advance(to: ErasedClock.at(0))
        _ = query.advance(to: ErasedClock.at(100))
        query.ended(1, with: .absent, at: ErasedClock.at(110))
        #expect(query.advance(to: ErasedClock.at(110)) == [2])
        query.ended(2, with: .absent, at: ErasedClock.at(120))
        _ = query.advance(to: ErasedClock.at(120))
        #expect(query.verdict == .absent)
        #expect(query.takeOutcomes().isEmpty)
        query.ended(0, with: Self.records, at: ErasedClock.at(500))
        _ = query.advance(to: ErasedClock.at(500))
        #expect(query.verdict == .absent)
        #expect(query.isOver)
        let outcomes = query.takeOutcomes()
        #expect(Set(outcomes.map { "\($0.upstream) \($0.isSuccess)" }) == ["0 true", "1 false", "2 false"])
        query.close()
        #expect(query.takeOutcomes().isEmpty)
    }

    @Test("Two entries of one address are one source")
    func sameAddress() {
        var query = self.query(preferred: 3, addresses: ["a", "a", "b"])
        #expect(query.advance(to: ErasedClock.at(0)) == [0])
        query.ended(0, with: .absent, at: ErasedClock.at(10))
        #expect(query.advance(to: ErasedClock.at(10)) == [1])
        query.ended(1, with: .absent, at: ErasedClock.at(20))
        #expect(query.advance(to: ErasedClock.at(20)) == [2])
        #expect(query.verdict == nil)
    }

    @Test("The word of one that is cooling down isn't enough while another can be asked")
    func untrustedNegative() {
        for absence in [AbsenceNeed.decisive, .provisional] {
            var query = self.query(preferred: 0, others: 2) { $0.absence = absence }
            _ = query.advance(to: ErasedClock.at(0))
            query.ended(0, with: .absent, at: ErasedClock.at(10))
            #expect(query.advance(to: ErasedClock.at(10)) == [1])
            #expect(query.verdict == nil)
            query.ended(1, with: Self.records, at: ErasedClock.at(20))
            _ = query.advance(to: ErasedClock.at(20))
            #expect(query.verdict == Self.records)
        }
    }

    @Test("Where answers are authenticated, one negative is proof")
    func proof() {
        var query = self.query(preferred: 2) { $0.negativesAreProof = true }
        _ = query.advance(to: ErasedClock.at(0))
        query.ended(0, with: .absent, at: ErasedClock.at(10))
        #expect(query.advance(to: ErasedClock.at(10)) == [])
        #expect(query.verdict == .absent)
        #expect(query.isOver)
        #expect(query.takeOutcomes().map(\.isSuccess) == [true])
    }

    @Test("Nobody is asked after the deadline")
    func deadline() {
        var query = self.query(preferred: 2, deadline: 50)
        _ = query.advance(to: ErasedClock.at(0))
        #expect(query.nextWake == ErasedClock.at(50))
        #expect(query.advance(to: ErasedClock.at(50)) == [])
        #expect(query.isOver)
        guard case .unavailable(let failure) = query.verdict else {
            Issue.record("a verdict without an answer")
            return
        }
        #expect(failure.code == .timeout)
        #expect(query.takeOutcomes().map(\.isSuccess) == [false])
        query.ended(0, with: Self.records, at: ErasedClock.at(51))  // too late for everything
        #expect(query.takeOutcomes().isEmpty)
    }

    @Test("What is cancelled counts for nobody, what had answered counts")
    func closed() {
        var query = self.query(preferred: 2)
        _ = query.advance(to: ErasedClock.at(0))
        query.ended(0, with: .absent, at: ErasedClock.at(10))
        _ = query.advance(to: ErasedClock.at(10))
        query.close()
        let outcomes = query.takeOutcomes()
        #expect(outcomes.map(\.upstream) == [0])
        #expect(outcomes.map(\.isSuccess) == [true])
        #expect(outcomes.map(\.observed) == [ErasedClock.at(10)])
    }
}
