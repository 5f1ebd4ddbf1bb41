import ArgumentParser
import DMPNetwork
import DNSTransport

extension ResolversCommand {
    /// `dnsmesh resolvers discover`: asks DNS servers for a TXT record, and keeps those that have an answer.
    struct Discover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "discover",
            abstract: "Find DNS servers that work from here.",
            discussion: """
                Asks eight public servers (Google, Cloudflare, Quad9, OpenDNS), or your own, all at once. Without \
                --save nothing is changed, and no config is needed.
                """
        )

        @Flag(help: "Write the servers found to the config, as dns_resolvers.")
        var save = false

        @Option(
            help: ArgumentHelp("How long to wait for answers, in seconds. Default: 2.", valueName: "seconds"),
            transform: ArgumentReading.duration
        )
        var timeout: Duration = .seconds(2)

        @Option(
            help: ArgumentHelp("The servers to ask, in place of the public ones.", valueName: "ip[:port],...")
        )
        var candidates: String?

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let file = self.clientOptions.configurationFile
            let entries = try self.candidates.map { try ResolverList(argument: $0, of: "--candidates").entries }
            if self.save { _ = try file.load() }
            let probes = try await self.probe(entries?.map(\.address) ?? ResolverDiscovery.publicResolvers)
            let resolvers = probes.filter { $0.outcome == .working }.map { probe in
                // One of one's own keeps the spelling that it was given in.
                entries?.first { $0.address == probe.resolver }?.text ?? "\(probe.resolver.host)"
            }
            guard !resolvers.isEmpty else {
                throw CommandFailure.network(
                    "resolver discovery failed: none of \(probes.count) DNS servers works from here; "
                        + "check the connection, or name others with --candidates"
                )
            }
            if self.save { try await self.write(resolvers, to: file) }
            let savedPath = self.save ? file.path : nil
            try self.output.write(DiscoveredResolvers(resolvers: resolvers, savedPath: savedPath))
        }

        /// Asks, and says why some are left out.
        private func probe(_ candidates: [UpstreamAddress]) async throws -> [ResolverDiscovery.Probe] {
            let context = CommandContext.current
            let probes = try await ResolverDiscovery(candidates)
                .probe(until: context.clock.now.advanced(by: self.timeout), clock: context.clock)
            for probe in probes {
                switch probe.outcome {
                case .working: break
                case .withoutRecords: context.console.note("left out: \(probe.resolver) gives no TXT records")
                case .failed(let failure): context.console.note("left out: \(failure.message)")
                }
            }
            return probes
        }

        private func write(_ resolvers: [String], to file: ConfigurationFile) async throws {
            let configuration = try await file.update { $0.dnsResolvers = resolvers }
            guard let host = configuration.dnsHost, !host.isEmpty else { return }
            CommandContext.current.console.message(
                "dns_host (\(host)) is not read any more: dns_resolvers wins over it"
            )
        }
    }
}

private struct DiscoveredResolvers: CommandResult {
    let resolvers: [String]
    /// `nil` if nothing was saved.
    let savedPath: String?

    var text: String {
        let found = self.resolvers.map { "\n  \($0)" }.joined()
        let saved = self.savedPath.map { "\nsaved \(self.resolvers.count) resolvers to \(TerminalText.line($0))" }
        return "discovered \(self.resolvers.count) working resolver(s):\(found)\(saved ?? "")"
    }

    var json: JSONValue {
        ["resolvers": .array(self.resolvers.map(JSONValue.text)), "saved": .optional(self.savedPath)]
    }
}
