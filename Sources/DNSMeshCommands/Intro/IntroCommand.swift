import ArgumentParser
import DMPCrypto
import DNSMesh

/// `dnsmesh intro`: what strangers wrote.
struct IntroCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intro",
        abstract: "Review messages of senders who are not contacts.",
        discussion: "They wait, sealed, until you accept them or block their sender. None of this needs the network.",
        subcommands: [
            List.self, Show.self, Accept.self, Trust.self, Block.self, Blocked.self, Unblock.self, Purge.self,
        ]
    )

    func run() throws { throw ValidationError.missingCommand }
}

extension CommandFailure {
    static func unknownIntro(_ id: Int64) -> CommandFailure {
        .user("no pending intro with id \(id); see `dnsmesh intro list`")
    }
}

extension Intro {
    /// What to call the sender: a verified address, or the first digits of the key.
    var senderName: String { self.verifiedAddress ?? "intro-\(self.senderKey.hex.prefix(12))" }
}
