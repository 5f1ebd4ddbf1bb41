import DMPTesting
import Foundation
import Testing

/// Many commands in random order on one folder. The seed stands in every failure.
@Suite("A hundred random commands on one folder", .needsReference, .serialized, .timeLimit(.minutes(4)))
struct RandomCommandsTests {
    private static let commandCount = 50
    private static let seed = UInt64(ProcessInfo.processInfo.environment["DMP_TEST_SEED"] ?? "") ?? 20_261_123

    /// What happened so far, to be compared with what should have.
    private struct Record {
        var sent: [String] = []
        var delivered: [String] = []
        var contacts: Set<String> = ["alice"]
    }

    private enum Step: CaseIterable {
        case send, receive, addContact, removeContact, refreshPrekeys, show
    }

    @Test("Both commands in turn: nothing is lost, nothing doubled")
    func inTurn() async throws {
        print("seed \(Self.seed)")
        try await Pair.introduced(Cell(node: .reference, sender: .ours, recipient: .ours)) { pair in
            var random = SeededRandom(seed: Self.seed)
            var record = Record()
            let identity = try FetchedIdentity(json: try await pair.recipient.dnsmesh("identity", "show", "--json"))
            for number in 0..<Self.commandCount {
                let user = pair.recipient.using(Bool.random(using: &random) ? .ours : .reference)
                let step = Step.allCases.randomElement(using: &random) ?? .show
                switch step {
                case .send:
                    let text = "message \(number)"
                    try await pair.sender.send([Array(text.utf8)], to: user.name)
                    record.sent.append(text)
                case .receive: record.delivered += try await user.receive().map(\.text)
                case .addContact:
                    try await user.dnsmesh("contacts", "add", "c\(number)", Self.key(number))
                    record.contacts.insert("c\(number)")
                case .removeContact:
                    guard let name = record.contacts.subtracting(["alice"]).sorted().randomElement(using: &random)
                    else { continue }
                    try await user.using(.ours).dnsmesh("contacts", "remove", name)
                    record.contacts.remove(name)
                case .refreshPrekeys: try await user.dnsmesh("identity", "refresh-prekeys", "--count", "3")
                case .show:
                    let shown = try FetchedIdentity(json: try await user.dnsmesh("identity", "show", "--json"))
                    #expect(shown == identity, "seed \(Self.seed), command \(number)")
                }
            }
            try await self.conclude(record, pair.recipient)
        }
    }

    @Test("Two of ours at once: nothing is lost, nothing doubled, and who must wait is told for whom")
    func atOnce() async throws {
        print("seed \(Self.seed)")
        try await Pair.introduced(Cell(node: .reference, sender: .ours, recipient: .ours)) { pair in
            var random = SeededRandom(seed: Self.seed)
            var record = Record()
            for number in 0..<(Self.commandCount / 2) {
                let steps = (0..<2).map { _ in Step.allCases.randomElement(using: &random) ?? .show }
                let texts = steps.indices.map { "message \(number).\($0)" }
                async let one = self.perform(steps[0], pair, name: "c\(number)x0", text: texts[0])
                async let other = self.perform(steps[1], pair, name: "c\(number)x1", text: texts[1])
                for (step, outcome) in zip(steps, try await [one, other]) {
                    record.sent += outcome.sent
                    record.contacts.formUnion(outcome.contacts)
                    record.delivered += try outcome.received.map { try Delivery.parse(ours: $0).map(\.text) } ?? []
                    let place = "seed \(Self.seed), command \(number), \(step)"
                    #expect(outcome.refusal.map { $0.contains("process ") } ?? true, "\(place): \(outcome)")
                }
            }
            try await self.conclude(record, pair.recipient)
        }
    }

    private struct Outcome: Sendable {
        var sent: [String] = []
        var contacts: [String] = []
        var received: String?
        /// Why another command had to be waited for.
        var refusal: String?
    }

    private func perform(_ step: Step, _ pair: Pair, name: String, text: String) async throws -> Outcome {
        let user = pair.recipient
        var outcome = Outcome()
        switch step {
        case .send:
            try await pair.sender.send([Array(text.utf8)], to: user.name)
            outcome.sent = [text]
        case .receive:
            let ended = try await user.attempt(["recv", "--json"]).expecting(0, 1)
            if ended.status == 0 { outcome.received = ended.text } else { outcome.refusal = ended.errors }
        case .addContact, .removeContact:
            try await user.dnsmesh("contacts", "add", name, Self.key(name.count))
            outcome.contacts = [name]
        case .refreshPrekeys:
            let ended = try await user.attempt(["identity", "refresh-prekeys", "--count", "3"]).expecting(0, 1)
            if ended.status == 1 { outcome.refusal = ended.errors }
        case .show: try await user.dnsmesh("inbox", "list")
        }
        return outcome
    }

    /// Receives what is left with both commands, and compares.
    private func conclude(_ record: Record, _ user: User) async throws {
        var delivered = record.delivered
        for implementation in [Implementation.ours, .reference, .ours] {
            delivered += try await user.using(implementation).receive().map(\.text)
        }
        #expect(delivered.sorted() == record.sent.sorted(), "seed \(Self.seed)")
        for implementation in Implementation.allCases {
            let listed = try await user.using(implementation).dnsmesh("contacts", "list").split(separator: "\n")
            let names = Set(
                listed.compactMap { $0.split(whereSeparator: { $0 == " " || $0 == ":" }).first.map(String.init) }
            )
            #expect(names.isSuperset(of: record.contacts), "seed \(Self.seed), \(implementation): \(listed)")
        }
        // A copy of the identity would be told from this by keys that it has made: there is none.
        let last = try await user.using(.ours).attempt(["recv"]).expecting(0)
        #expect(!last.errors.contains("another copy"), "seed \(Self.seed): \(last.errors)")
    }

    private static func key(_ number: Int) -> String {
        Array(repeating: UInt8(truncatingIfNeeded: number + 9), count: 32).hex
    }
}

extension Delivery {
    fileprivate var text: String { String(decoding: self.body, as: UTF8.self) }
}
