import DMPTesting
import Foundation
import Testing

@Suite("A receiver that is killed", .serialized, .timeLimit(.minutes(5)))
struct KilledReceiverTests {
    private static let rounds = 10
    private static let killsPerRound = 4
    private static let messagesPerRound = 3

    @Test("kill -9 at any moment neither loses nor doubles a message")
    func killedAtAnyMoment() async throws {
        let seed = SeededRandom.fuzzSeed
        var random = SeededRandom(seed: seed)
        try await Pair.introduced(Cell(node: .ours, sender: .ours, recipient: .ours)) { pair in
            let (alice, bob) = (pair.sender, pair.recipient)
            let duration = try await Self.durationOfReceiving(from: alice, by: bob)
            print("kill -9 of recv: seed \(seed), a whole pass takes \(duration)")
            var sent: [String] = []
            var kills = 0
            for round in 1...Self.rounds {
                // In every other round the messages are under prekeys, which the receiver takes from its store.
                if round.isMultiple(of: 2) {
                    try await bob.dnsmesh("identity", "refresh-prekeys", "--count", "\(Self.messagesPerRound)")
                }
                let texts = (1...Self.messagesPerRound).map { "round \(round), message \($0)" }
                for text in texts { try await alice.dnsmesh("send", bob.name, text) }
                sent += texts

                let moments = (0..<Self.killsPerRound).map { _ in Double.random(in: 0...1.1, using: &random) }.sorted()
                for moment in moments {
                    let outcome = try await bob.attempt(["recv"], limit: duration * moment)
                    #expect(outcome.status == -9 || outcome.status == 0, "\(outcome)")
                    kills += outcome.status == -9 ? 1 : 0
                }
                try await bob.dnsmesh("recv")
                let kept = try await bob.inboxTexts()
                #expect(kept.sorted() == sent.sorted(), "seed \(seed), round \(round), killed at \(moments)")
                print("round \(round): killed at \(moments.map { Int($0 * 100) }) % of a pass, \(kept.count) kept")
            }
            #expect(kills > 0)
            print("kill -9 of recv: \(kills) kills, \(sent.count) messages, each exactly once in the inbox")
        }
    }

    /// How long one pass takes that finds messages.
    private static func durationOfReceiving(from sender: User, by recipient: User) async throws -> Duration {
        for number in 1...Self.messagesPerRound {
            try await sender.dnsmesh("send", recipient.name, "to measure: \(number)")
        }
        let duration = try await ContinuousClock().measure { _ = try await recipient.dnsmesh("recv") }
        return duration
    }
}

extension User {
    /// The texts of all messages in the inbox, except those that were only sent to measure.
    fileprivate func inboxTexts() async throws -> [String] {
        struct Message: Decodable {
            let text: String
        }
        let json = try await self.dnsmesh("inbox", "list", "--json")
        return try JSONDecoder().decode([Message].self, from: Data(json.utf8)).map(\.text)
            .filter { !$0.hasPrefix("to measure") }
    }
}
