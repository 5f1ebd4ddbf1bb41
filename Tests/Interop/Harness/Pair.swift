import DMPTesting
import Foundation
import Testing

/// One cell of the table of who talks to whom, and where.
struct Cell: Sendable, CustomTestStringConvertible {
    let node: Implementation
    let sender: Implementation
    let recipient: Implementation

    var testDescription: String { "\(self.sender) to \(self.recipient) on a node of \(self.node)" }

    /// Every cell in which one of ours takes part as sender or recipient.
    static let all: [Cell] = Implementation.allCases.flatMap { node in
        [
            Cell(node: node, sender: .ours, recipient: .reference),
            Cell(node: node, sender: .reference, recipient: .ours),
            Cell(node: node, sender: .ours, recipient: .ours),
        ]
    }
}

/// Two people in a zone of their own on a shared node.
struct Pair: Sendable {
    let sender: User
    let recipient: User

    /// Lends two people whose identities are published and who have each other as pinned contacts.
    static func introduced(
        _ cell: Cell,
        advertisingEnvelope: Bool = false,
        on node: RunningNode? = nil,
        _ body: (Pair) async throws -> Void
    ) async throws {
        try await Self.strangers(cell, on: node) { pair in
            try await pair.sender.dnsmesh("identity", "publish")
            if advertisingEnvelope {
                try await pair.recipient.dnsmesh("identity", "publish", "--advertise-v2")
            } else {
                try await pair.recipient.dnsmesh("identity", "publish")
            }
            try await pair.sender.dnsmesh("identity", "fetch", pair.recipient.name, "--add")
            try await pair.recipient.dnsmesh("identity", "fetch", pair.sender.name, "--add")
            try await body(pair)
        }
    }

    /// Lends two people who have a config each, and nothing else.
    static func strangers(
        _ cell: Cell,
        on node: RunningNode? = nil,
        _ body: (Pair) async throws -> Void
    ) async throws {
        let shared = try await SharedNodes.shared.node(cell.node)
        let zone = "z\(UUID().uuidString.prefix(8).lowercased()).test"
        try await withScratchFolder { folder in
            func user(_ name: String, _ implementation: Implementation) -> User {
                User(
                    name: name,
                    implementation: implementation,
                    zone: zone,
                    node: node ?? shared,
                    folder: folder.appending(path: name, directoryHint: .isDirectory)
                )
            }
            let pair = Pair(sender: user("alice", cell.sender), recipient: user("bob", cell.recipient))
            try await pair.sender.initialize()
            try await pair.recipient.initialize()
            try await body(pair)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// The test needs the Python reference. Without `DMP_REF_VENV` it is skipped, and says so.
    static var needsReference: Self {
        .enabled(
            if: Implementation.referenceIsAvailable,
            "DMP_REF_VENV names no virtual environment with the reference; scripts/test makes one"
        )
    }
}
