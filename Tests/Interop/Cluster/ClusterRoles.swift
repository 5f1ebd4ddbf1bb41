import Foundation
import Testing

/// What plays one node of a cluster.
enum ClusterRole: String, Sendable, CustomTestStringConvertible {
    case ours
    case reference
    /// Nothing listens at its addresses.
    case down
    /// It takes connections and queries, and never answers.
    case hanging
    /// It answers with bytes that mean nothing.
    case garbage
    /// It takes every record, keeps none, and says that no name exists.
    case lying

    static let sick: [ClusterRole] = [.down, .hanging, .garbage, .lying]

    var isSick: Bool { Self.sick.contains(self) }
    var testDescription: String { self.rawValue }

    fileprivate func start(in folder: URL) async throws -> RunningNode {
        switch self {
        case .ours: return try await RunningNode.start(.ours, in: folder)
        case .reference: return try await RunningNode.start(.reference, in: folder)
        case .down, .hanging, .garbage, .lying:
            let python = try Implementation.referencePrograms.appending(path: "python").path
            return try await RunningNode.start(
                [python, Implementation.driver("sick_node.py").path, self.rawValue],
                in: folder,
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]
            )
        }
    }
}

/// The processes that play the nodes of all clusters of a run, each started when it is first asked for.
///
/// Clusters keep apart by having a zone of their own.
actor ClusterProcesses {
    static let shared = ClusterProcesses()

    private struct Part: Hashable {
        let role: ClusterRole
        let number: Int
    }

    private var starting: [Part: Task<RunningNode, any Error>] = [:]

    /// The nodes for these roles; one role several times stands for several processes.
    func nodes(_ roles: [ClusterRole]) async throws -> [RunningNode] {
        var counts: [ClusterRole: Int] = [:]
        let starts = roles.map { role in
            counts[role, default: 0] += 1
            return self.start(Part(role: role, number: counts[role, default: 0]))
        }
        var nodes: [RunningNode] = []
        for start in starts { nodes.append(try await start.value) }
        return nodes
    }

    private func start(_ part: Part) -> Task<RunningNode, any Error> {
        if let start = self.starting[part] { return start }
        let start = Task {
            let folder = URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
                .appending(path: "dnsmesh-cluster-\(UUID().uuidString)", directoryHint: .isDirectory)
            return try await part.role.start(in: folder)
        }
        self.starting[part] = start
        return start
    }
}
