import ArgumentParser

extension ResolversCommand {
    /// `dnsmesh resolvers list`: needs neither the passphrase nor the network.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List the configured dns_resolvers."
        )

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let resolvers = try self.clientOptions.configurationFile.load().dnsResolvers
            try self.output.write(ConfiguredResolvers(resolvers: resolvers))
        }
    }
}

private struct ConfiguredResolvers: CommandResult {
    /// As the file states them.
    let resolvers: [String]

    var text: String {
        guard !self.resolvers.isEmpty else {
            return "(no dns_resolvers configured — find some with `dnsmesh resolvers discover --save`)"
        }
        return self.resolvers.map(TerminalText.line).joined(separator: "\n")
    }

    var json: JSONValue { .array(self.resolvers.map(JSONValue.text)) }
}
