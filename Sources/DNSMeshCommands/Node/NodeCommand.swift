import ArgumentParser
import DNSMeshNode
import Foundation
import Logging
import UnixSignals

/// `dnsmesh node`: runs a node until it is told to stop.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run a node in the foreground.",
        discussion: """
            Settings come from the environment (DMP_DNS_HOST, DMP_HTTP_HOST, DMP_OPERATOR_TOKEN and others); the options \
            go before them. Without settings the node listens on loopback and lets everybody there publish.
            """
    )

    @Option(
        help: ArgumentHelp("The file of the records; wins over DMP_DB_PATH.", valueName: "path"),
        completion: .file()
    )
    var dbPath: String?

    @Option(help: ArgumentHelp("Wins over DMP_DNS_PORT; 0 counts as not given.", valueName: "port"))
    var dnsPort: UInt16?

    @Option(help: ArgumentHelp("Wins over DMP_HTTP_PORT; 0 counts as not given.", valueName: "port"))
    var httpPort: UInt16?

    func run() async throws {
        let context = CommandContext.current
        do {
            let configuration = try NodeConfiguration(
                environment: context.environment,
                databasePath: self.dbPath,
                dnsPort: self.dnsPort,
                httpPort: self.httpPort
            )
            let node = Node(
                configuration: configuration,
                logger: Self.logger(configuration, context.console),
                now: context.now
            )
            try await node.run(gracefulShutdownSignals: [.sigint, .sigterm])
        } catch let error as NodeConfigurationError {
            throw CommandFailure.user(error.description)
        } catch let error as NodeError {
            throw CommandFailure.user(error.message)
        }
    }

    /// What a node logs is its output: it goes to standard output.
    private static func logger(_ configuration: NodeConfiguration, _ console: Console) -> Logger {
        Logger(label: "dnsmesh.node") { label in
            NodeLogHandler(
                label: label,
                level: configuration.logLevel,
                format: configuration.logFormat,
                milliseconds: { UInt64(max(0, Date.now.timeIntervalSince1970) * 1000) },
                write: { line in
                    // A log that nobody reads any more is no reason to stop.
                    do { try console.writeOutput(Array(line.utf8)) } catch {}
                }
            )
        }
    }
}
