import DMPTesting
import Foundation
import Testing

/// Every cluster with every fault and every pair of clients. It takes minutes, as the reference's client waits for a node
/// that doesn't answer: `DMP_CLUSTER_MATRIX=1` runs it, and each cell prints what was measured.
@Suite(
    "The whole table of clusters",
    .needsReference,
    .enabled(if: ProcessInfo.processInfo.environment["DMP_CLUSTER_MATRIX"] == "1", "DMP_CLUSTER_MATRIX=1 runs it"),
    .timeLimit(.minutes(60))
)
struct ClusterMatrixTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let roles: [ClusterRole]
        let alice: Implementation
        let bob: Implementation

        var testDescription: String {
            "\(self.alice) and \(self.bob) on \(self.roles.map(\.rawValue).joined(separator: ", "))"
        }

        /// The reference's sender gives up when one node hangs: each of its writes there holds one of its few threads.
        var letsBothSend: Bool { self.bob == .ours || self.roles[2] != .hanging }

        /// Two nodes that are well, with a third one that is too, or is not in each of the ways.
        static func all(on good: [ClusterRole]) -> [Row] {
            [Implementation.ours, .reference].flatMap { bob in
                (good.prefix(1) + ClusterRole.sick).map { Row(roles: good + [$0], alice: .ours, bob: bob) }
            }
        }
    }

    @Test("Every message arrives on nodes of ours", .serialized, arguments: Row.all(on: [.ours, .ours]))
    func ours(_ row: Row) async throws { try await self.run(row) }

    @Test("Every message arrives on the reference's", .serialized, arguments: Row.all(on: [.reference, .reference]))
    func reference(_ row: Row) async throws { try await self.run(row) }

    @Test("Every message arrives on nodes of both", .serialized, arguments: Row.all(on: [.ours, .reference]))
    func mixed(_ row: Row) async throws { try await self.run(row) }

    private func run(_ row: Row) async throws {
        try await Cluster.run(row.roles) { cluster in
            let pair = try await ClusterPair(in: cluster, row.alice, row.bob)
            let times = try await pair.exchange(bothWays: row.letsBothSend)
            let sick = try await ShownStatus(of: pair.alice).sick
            #expect(sick == (row.roles[2].isSick ? ["n03"] : []))
            let shown = times.map { "send \(Self.seconds($0.sending)), recv \(Self.seconds($0.receiving))" }
            print("cluster | \(row.testDescription) | \(shown.joined(separator: " | ")) | status \(sick)")
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        duration.formatted(.units(allowed: [.seconds], fractionalPart: .show(length: 1)))
    }
}
