public import ArgumentParser

/// The command `dnsmesh`: end-to-end encrypted messages over DNS.
public struct DNSMeshCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "dnsmesh",
        abstract: "End-to-end encrypted messages over DNS.",
        discussion: """
            Exit codes: 0 success; 1 the command line, the configuration or the user is at fault; 2 the network or a \
            node is. Results go to standard output, everything else to standard error.
            """,
        version: Version.text,
        subcommands: [
            InitCommand.self, IdentityCommand.self, ContactsCommand.self, SendCommand.self, ReceiveCommand.self,
            InboxCommand.self, IntroCommand.self, ResolversCommand.self, ClusterCommand.self, BootstrapCommand.self,
            BackupCommand.self, OperatorCommand.self, NodeCommand.self,
        ]
    )

    @OptionGroup var clientOptions: ClientOptions

    public init() {}

    public func run() throws { throw ValidationError.missingCommand }
}

extension ValidationError {
    /// A noun without a verb.
    static let missingCommand = ValidationError("Missing a command; see the list with --help.")
}
