import ArgumentParser
import DMPNetwork
import DMPProtocol
import DNSMesh

extension IdentityCommand {
    /// `dnsmesh identity refresh-prekeys`.
    struct RefreshPrekeys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "refresh-prekeys",
            abstract: "Top up your published one-time keys.",
            discussion: "A message under a one-time key stays secret even if your passphrase is stolen later."
        )

        @Option(help: "How many unused keys there should be; at most 60.", transform: ArgumentReading.count)
        var count = 25

        @Option(
            help: "How long each new key is offered, in seconds, at most 30 days.",
            transform: ArgumentReading.seconds
        )
        var ttl: UInt32 = 86_400

        @Flag(
            help: ArgumentHelp(
                "Withdraw all keys that are published under your identity first, also those made elsewhere.",
                discussion: "After restoring a backup, or when another copy of your identity is out of use."
            )
        )
        var replace = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let report = try await self.clientOptions.withClient(.publishing) { client in
                if !self.replace, let note = try await client.lookForCopies()?.note {
                    CommandContext.current.console.message(note)
                }
                return try await client.refreshPrekeys(
                    target: self.count,
                    lifetime: self.ttl,
                    replacing: self.replace
                )
            }
            if report.requested > 0, report.published == 0 {
                let reason = report.failures.first.map { ": \($0.message)" } ?? ""
                throw CommandFailure.network("none of \(report.requested) prekeys could be published\(reason)")
            }
            try self.output.write(PrekeyRefreshResult(report: report))
        }
    }
}

private struct PrekeyRefreshResult: CommandResult {
    let report: PrekeyReport

    var text: String {
        let summary = """
            published \(self.report.published)/\(self.report.requested) prekeys to \(self.report.owner)
              local live prekey count: \(self.report.live)
            """
        guard let failure = self.report.failures.first else { return summary }
        return summary
            + "\n  (note: some publishes were rejected — last response: \(TerminalText.line(failure.message)))"
    }

    var json: JSONValue {
        [
            "dns_name": .text(self.report.owner.text), "published": .number(Int64(self.report.published)),
            "requested": .number(Int64(self.report.requested)), "live": .number(Int64(self.report.live)),
            "failures": .array(self.report.failures.map { .text($0.message) }),
        ]
    }
}
