import ArgumentParser
import DMPCrypto
import DMPNetwork
import DNSMesh
import Foundation

/// `dnsmesh recv`.
struct ReceiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recv",
        abstract: "Fetch and show new messages.",
        discussion: "Messages stay in the inbox: see `dnsmesh inbox list`."
    )

    @Flag(help: "Go on looking for messages until interrupted.")
    var watch = false

    @Option(
        help: "The pause between two looks with --watch, in seconds. Default: recv_primary_interval_seconds.",
        transform: ArgumentReading.seconds
    )
    var interval: UInt32?

    @Flag(help: "Deliver messages of unknown senders as long as no contact is pinned.")
    var tofu = false

    @OptionGroup var clientOptions: ClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.watch || self.interval == nil else { throw ValidationError("--interval goes with --watch.") }
    }

    func run() async throws {
        let folder = self.clientOptions.home.folder
        let configuration = try self.clientOptions.configurationFile.load()
        let lock = FolderLock(folder: folder, name: ".recv.lock")
        let finished: Void? = try await lock.tryLock {
            try await self.clientOptions.withClient(.reading, allowsTOFU: self.tofu) { client in
                try await self.warnIfEverybodyIsStrange(client)
                if self.watch {
                    let pause = self.interval.map(Int.init) ?? max(1, configuration.receivePrimaryInterval)
                    try await self.watch(client, every: .seconds(pause))
                } else {
                    try await self.receive(client)
                }
            }
        }
        guard finished != nil else {
            throw CommandFailure.user(
                "another `dnsmesh recv` is at work in \(folder.path): \(lock.holder); wait for it, or end it first"
            )
        }
    }

    /// Messages count as handed over once they are written. What waits to be sent goes out beside it.
    private func receive(_ client: DMPClient) async throws {
        let console = CommandContext.current.console
        async let sent = client.resumeSending()
        async let copies = client.lookForCopies()
        let report = try await client.receive(acknowledging: false)
        try self.output.write(MessageList(messages: report.messages, newIntros: report.newIntros))
        try await client.inbox.acknowledge(report.messages)
        for change in report.keyChanges { console.message(change.explanation) }
        report.describeLosses(to: console, countingIntros: self.output.isJSON)
        let count = try await sent
        if count > 0 { console.message("sent \(count) that waited for the network") }
        if let note = try await copies?.note { console.message(note) }
        try await client.standing().describe(to: console, asRecipient: true)
        try self.requireAllStored(report)
    }

    /// What failed here stays on the network, and whoever runs this from a script must learn of it.
    private func requireAllStored(_ report: ReceiveReport) throws(CommandFailure) {
        guard let count = report.dropped[.internalFailure], count > 0 else { return }
        let folder = self.clientOptions.home.folder.path
        throw .user(
            "\(count) message(s) could not be stored and stay on the network: see that there is room for state.db and "
                + "prekeys.db in \(folder), then run `dnsmesh recv` again"
        )
    }

    /// Beside the messages, the identity is kept published.
    private func watch(_ client: DMPClient, every pause: Duration) async throws {
        let console = CommandContext.current.console
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await client.runUpkeep { report in
                    for note in report.notes { console.message(note) }
                }
            }
            defer { group.cancelAll() }
            try await self.follow(client, every: pause)
        }
    }

    /// With `--json` each message is an object on a line of its own.
    private func follow(_ client: DMPClient, every pause: Duration) async throws {
        let console = CommandContext.current.console
        for try await message in client.messages(every: pause) {
            let view = MessageView(message: message)
            try console.result(self.output.isJSON ? view.json.line : view.text)
        }
    }

    private func warnIfEverybodyIsStrange(_ client: DMPClient) async throws {
        guard !client.configuration.allowsTrustOnFirstUse,
            try await client.contacts.all().allSatisfy({ $0.signingKey == nil })
        else { return }
        CommandContext.current.console.message(
            "no contact has a pinned signing key, so all messages go to `dnsmesh intro list`; pin one with "
                + "`dnsmesh identity fetch USER@HOST --add`, or use --tofu"
        )
    }
}

private struct MessageList: CommandResult {
    let messages: [ReceivedMessage]
    let newIntros: Int

    var text: String {
        if self.messages.isEmpty, self.newIntros == 0 { return "(no new messages)" }
        let intros = "(\(self.newIntros) new intro(s) from un-pinned senders — review with `dnsmesh intro list`)"
        return (self.messages.map { MessageView(message: $0).text } + (self.newIntros == 0 ? [] : [intros]))
            .joined(separator: "\n")
    }

    var json: JSONValue { .array(self.messages.map { MessageView(message: $0).json }) }
}

extension ReceiveReport {
    /// What was left out, and what could not be asked for.
    fileprivate func describeLosses(to console: Console, countingIntros: Bool) {
        if countingIntros, self.newIntros > 0 {
            console.message("\(self.newIntros) new intro(s) from un-pinned senders; see `dnsmesh intro list`")
        }
        if let failure = self.failures.first {
            console.message(
                "warning: \(self.failures.count) of \(self.namesAsked) mailbox names could not be read: \(failure.message)"
            )
        }
        for (reason, count) in self.dropped.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where reason != .expired {
            console.message("left out \(count): \(reason.explanation)")
        }
    }
}
