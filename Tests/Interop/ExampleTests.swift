import Foundation
import Testing

@Suite("The examples", .serialized, .timeLimit(.minutes(2)))
struct ExampleTests {
    @Test("SendAndReceive sends and receives")
    func sendAndReceive() async throws {
        let shown = try await Program.run(Implementation.built("SendAndReceive"), [], environment: [:]).expecting(0)
        #expect(shown.text.contains("from alice: hello bob"), "\(shown)")
    }

    @Test("ClusterFailover loses no message when a node goes away")
    func clusterFailover() async throws {
        let shown = try await Program.run(Implementation.built("ClusterFailover"), [], environment: [:]).expecting(0)
        for text in [
            "n1 goes away\nalice sent \"message 3\"", "bob received 6 of 6 messages",
            "alice received \"I have them all\"", "n1: not well, ", "n2: well\nn3: well\n",
        ] {
            #expect(shown.text.contains(text), "\(shown)")
        }
    }

    @Test("EchoBot answers every message")
    func echoBot() async throws {
        try await Pair.strangers(Cell(node: .ours, sender: .ours, recipient: .ours)) { pair in
            let (alice, bot) = (pair.sender, pair.recipient)
            try await alice.dnsmesh("identity", "publish")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try await Program.run(
                        Implementation.built("EchoBot"),
                        [
                            bot.name, bot.zone, bot.node.url, "\(bot.node.dns.host):\(bot.node.dns.port)",
                            bot.folder.appending(path: "bot").path, "\(alice.name)@\(alice.zone)",
                        ],
                        environment: ["DMP_PASSPHRASE": bot.passphrase]
                    )
                }
                try await alice.patiently { try await alice.dnsmesh("identity", "fetch", bot.name, "--add") }
                try await alice.dnsmesh("send", bot.name, "is there an echo?")
                try await alice.patiently {
                    let shown = try await alice.dnsmesh("recv")
                    guard shown.contains("is there an echo?") else { throw Program.Failure(what: shown) }
                }
                group.cancelAll()
            }
        }
    }
}

extension User {
    /// Tries again until it works, up to a hundred times: another process has to get on first.
    fileprivate func patiently(_ step: () async throws -> Void) async throws {
        for _ in 1..<100 {
            do {
                return try await step()
            } catch is Program.Failure {
                continue
            }
        }
        try await step()
    }
}
