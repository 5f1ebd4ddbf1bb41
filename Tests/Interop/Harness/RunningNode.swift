import DMPTesting
import Foundation

/// A node on loopback, on ports that the system chose. It ends with the process of the tests.
struct RunningNode: Sendable {
    /// Where it answers, as host and port.
    let dns: Endpoint
    let http: Endpoint

    struct Endpoint: Sendable {
        let host: String
        let port: String

        /// Reads `host:port`, with or without `http://`.
        init(_ text: Substring) throws {
            let parts = text.split(separator: "/").last?.split(separator: ":") ?? []
            guard parts.count == 2, Int(parts[1]) != nil else {
                throw Program.Failure(what: "not an address: \(text)")
            }
            (self.host, self.port) = (String(parts[0]), String(parts[1]))
        }
    }

    var url: String { "http://\(self.http.host):\(self.http.port)" }

    /// Starts a node of one's own; most tests share one, see ``SharedNodes``.
    static func start(_ implementation: Implementation, in folder: URL) async throws -> RunningNode {
        let command: [String]
        switch implementation {
        case .ours: command = [try Implementation.ours.command.path, "node"]
        case .reference:
            command = [
                try Implementation.referencePrograms.appending(path: "python").path,
                Implementation.driver("reference_node.py").path,
            ]
        }
        return try await Self.start(command, in: folder, environment: Self.environment(folder: folder))
    }

    /// Starts a node by any command.
    static func start(
        _ command: [String],
        in folder: URL,
        environment: [String: String]
    ) async throws -> RunningNode {
        let owner = String(ProcessInfo.processInfo.processIdentifier)
        let started = try await Program.run(
            Implementation.driver("start-node"),
            [folder.path, owner] + command,
            environment: environment,
            limit: .seconds(90)
        ).expecting(0)
        let words = started.text.split(whereSeparator: \.isWhitespace)
        guard let dns = words.first(where: { $0.hasPrefix("dns=") }),
            let http = words.first(where: { $0.hasPrefix("http=") })
        else { throw Program.Failure(what: "a node that does not say where it answers: \(started)") }
        return RunningNode(dns: try Endpoint(dns.dropFirst(4)), http: try Endpoint(http.dropFirst(5)))
    }

    /// Default limits on what it holds, but none on how often it is asked.
    static func environment(folder: URL) -> [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": folder.path,
            "DMP_DB_PATH": folder.appending(path: "node.db").path,
            "DMP_CLUSTER_FILE": folder.appending(path: "cluster.wire").path,
            "DMP_DOMAIN": "mesh.test",
            "DMP_DNS_UPDATE_ENABLED": "1",
            "DMP_DNS_HOST": "127.0.0.1", "DMP_DNS_PORT": "0",
            "DMP_HTTP_HOST": "127.0.0.1", "DMP_HTTP_PORT": "0",
            "DMP_DNS_RATE": "0", "DMP_DNS_BURST": "0", "DMP_HTTP_RATE": "0", "DMP_HTTP_BURST": "0",
        ]
    }
}

/// The nodes that all tests of a run share, one of each implementation, started when first asked for.
///
/// Tests keep apart by using a zone of their own.
actor SharedNodes {
    static let shared = SharedNodes()
    private var starting: [Implementation: Task<RunningNode, any Error>] = [:]

    func node(_ implementation: Implementation) async throws -> RunningNode {
        let start =
            self.starting[implementation]
            ?? Task {
                let folder = URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
                    .appending(path: "dnsmesh-node-\(UUID().uuidString)", directoryHint: .isDirectory)
                return try await RunningNode.start(implementation, in: folder)
            }
        self.starting[implementation] = start
        return try await start.value
    }
}
