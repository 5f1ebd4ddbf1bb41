import ArgumentParser
import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport
import Foundation

/// `dnsmesh init`: makes the configuration of a new identity.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Create the configuration of a new identity."
    )

    @Argument(
        help: ArgumentHelp("Your user name, or your address: user@host sets --domain as well.", valueName: "username")
    )
    var name: String

    @Option(help: "The mesh domain, where your mailbox lies. Default: mesh.local.", transform: ArgumentReading.zone)
    var domain: ZoneName?

    @Option(
        help: ArgumentHelp("The URL of the node that you publish to.", valueName: "url"),
        transform: ArgumentReading.endpoint
    )
    var endpoint: HTTPEndpoint?

    @Option(
        help: ArgumentHelp(
            "The node's bearer token. Other programs see it while this one runs; better is --http-token-file.",
            valueName: "token"
        )
    )
    var httpToken: String?

    @Option(
        help: ArgumentHelp("A file that holds the node's bearer token; - is standard input.", valueName: "path")
    )
    var httpTokenFile: String?

    @Option(
        help: ArgumentHelp("The IP address of the one resolver to read from.", valueName: "ip"),
        transform: Self.resolver
    )
    var dnsHost: String?

    @Option(help: "The port of --dns-host.", transform: ArgumentReading.port)
    var dnsPort = Configuration().dnsPort

    @Option(
        help: ArgumentHelp(
            "Several resolvers to read from, as IP addresses with optional ports; they win over --dns-host.",
            valueName: "ip[:port],..."
        )
    )
    var dnsResolvers: String?

    @Option(help: "A DNS zone of yours: others find you as user@zone.", transform: ArgumentReading.zone)
    var identityDomain: ZoneName?

    @Flag(help: "Deliver messages of unknown senders until you have pinned a contact.")
    var allowTofu = false

    @Flag(help: "Replace an identity that is there. Its configuration is kept aside.")
    var force = false

    @Flag(help: "Accepted and without effect: no resolvers are built in.")
    var noDefaultResolvers = false

    @Flag(help: "Accepted and without effect: no local node is looked for.")
    var noProbeLocalDns = false

    @OptionGroup var clientOptions: ClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.httpToken == nil || self.httpTokenFile == nil else {
            throw ValidationError("--http-token and --http-token-file exclude each other")
        }
    }

    func run() async throws {
        let context = CommandContext.current
        let file = self.clientOptions.configurationFile
        guard self.force || !file.exists else { throw CommandFailure.configurationExists(at: file.path) }
        if !self.force, let reason = file.cutOffRestore {
            throw CommandFailure.user("\(reason); for a new identity, run `dnsmesh init` with --force")
        }
        let identity = try NewIdentity(name: self.name, domain: self.domain)
        var configuration = try self.makeConfiguration(identity)
        if let path = self.httpTokenFile {
            configuration.httpToken = try HTTPTokenFile(path: path, context: context).read()
        } else if self.httpToken != nil {
            context.console.message(
                "warning: other programs can see what --http-token names; use --http-token-file, or - for standard input"
            )
        }
        try file.home.prepare(console: context.console)
        let kept = try await file.create(configuration, replacing: self.force, now: context.now())
        self.advise(configuration, identity: identity, kept: kept, console: context.console)
        try self.output.write(InitResult(path: file.path, configuration: configuration, kept: kept))
    }

    private func makeConfiguration(_ identity: NewIdentity) throws(CommandFailure) -> Configuration {
        var configuration = Configuration()
        configuration.username = identity.username.text
        configuration.domain = identity.domain.text
        configuration.endpoint = self.endpoint?.text ?? ""
        configuration.httpToken = self.httpToken
        configuration.dnsHost = self.dnsHost
        configuration.dnsPort = self.dnsPort
        if let list = self.dnsResolvers {
            configuration.dnsResolvers = try ResolverList(argument: list).entries.map(\.text)
        }
        configuration.identityDomain = self.identityDomain?.text ?? ""
        configuration.allowTOFU = self.allowTofu
        configuration.kdfSalt = Hexadecimal.encode(SecureRandom.bytes(KeyDerivationSalt.newByteCount))
        return configuration
    }

    private func advise(_ configuration: Configuration, identity: NewIdentity, kept: URL?, console: Console) {
        if identity.wasLowercased {
            console.message("user names are kept in lower case: \(configuration.username)")
        }
        if let kept {
            console.message(
                "the configuration that was there is now \(kept.path); it holds the old identity's only salt"
            )
            console.message("warning: prekeys.db and the other files beside it still belong to the old identity")
        }
        if configuration.dnsHost == nil, configuration.dnsResolvers.isEmpty {
            console.message(
                "reading through the system's resolvers; to name others, set dns_resolvers in the config, "
                    + "for example [9.9.9.9, 1.1.1.1]"
            )
        }
        if configuration.endpoint.isEmpty {
            console.message(
                "without an endpoint you can read but not publish; set endpoint in the config to your node's URL"
            )
        }
    }

    /// The one resolver must be an address: a name would need another resolver first.
    private static func resolver(_ text: String) throws -> String {
        // A port in the text would be the same whatever the default is.
        let ports: [Int]
        do {
            ports = [try UpstreamAddress(text, defaultPort: 1).port, try UpstreamAddress(text, defaultPort: 2).port]
        } catch {
            throw ValidationError("it must be an IP address")
        }
        guard ports == [1, 2], !text.hasPrefix("[") else {
            throw ValidationError("it must be an IP address alone; --dns-port names the port")
        }
        return text
    }
}

/// Who `init` is for: a user name and a mesh domain, out of a name or an address.
struct NewIdentity: Hashable {
    let username: Username
    let domain: ZoneName
    let wasLowercased: Bool

    /// The host of an address is the domain, unless another than the default is given.
    init(name: String, domain: ZoneName?) throws(CommandFailure) {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map {
            String($0).trimmingSpaces
        }
        guard !parts.contains("") else { throw .user("invalid user name \(name): it has the form user, or user@host") }
        do throws(NameError) {
            let given = try Username(parts[0])
            // Nodes grant names in lower case, and another case would hash to another name.
            self.username = given.lowercased
            self.wasLowercased = given != given.lowercased
            let fallback = try ZoneName(Configuration.defaultDomain)
            if parts.count == 2, domain == nil || domain == fallback {
                self.domain = try ZoneName(parts[1])
            } else {
                self.domain = domain ?? fallback
            }
        } catch {
            throw .user("invalid user name \(name): \(error)")
        }
    }
}

private struct InitResult: CommandResult {
    let path: String
    let configuration: Configuration
    let kept: URL?

    var text: String {
        """
        wrote config to \(TerminalText.line(self.path))
        Next: `dnsmesh identity publish`, then `dnsmesh identity refresh-prekeys`.
        Keep this config file. Its salt and your passphrase together are the identity; neither can be replaced.
        """
    }

    var json: JSONValue {
        [
            "config": .text(self.path), "username": .text(self.configuration.username),
            "domain": .text(self.configuration.domain), "kept": .optional(self.kept?.path),
        ]
    }
}
