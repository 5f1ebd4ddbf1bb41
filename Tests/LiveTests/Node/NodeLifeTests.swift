import DNSMeshNode
import DNSTransport
import DNSWire
import Foundation
import Testing

@Suite("The life of a node")
struct NodeLifeTests {
    @Test("A node that is started again at the same ports has its records")
    func restart() async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder)
            let first = try await withLiveNode(configuration) { node async throws in
                try await node.publish(["x"], at: "a.mesh.example.org")
                return node.running
            }
            configuration.dnsPort = try #require(UInt16(exactly: first.dnsAddress.port))
            configuration.httpPort = try #require(UInt16(exactly: first.httpPort))
            try await withLiveNode(configuration) { node async throws in
                #expect(node.running == first)
                #expect(try await node.running.dnsAddress.texts(at: "a.mesh.example.org") == ["x"])
                try await node.publish(["y"], at: "a.mesh.example.org")
            }
        }
    }

    @Test("A node that is cancelled stops, and has its records the next time")
    func cancellation() async throws {
        try await withTemporaryFolder { folder async throws in
            let configuration = try LiveNode.configuration(in: folder)
            let (publications, publication) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await withLiveNode(configuration) { node async throws in
                    try await node.publish(["x"], at: "a.mesh.example.org")
                    publication.finish()
                    try await ContinuousClock().sleep(for: .seconds(3_600))
                }
            }
            for await _ in publications {}
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await withLiveNode(configuration) { node async throws in
                #expect(try await node.running.dnsAddress.texts(at: "a.mesh.example.org") == ["x"])
            }
        }
    }

    @Test("What a killed node leaves on disk has every record that it acknowledged")
    func kill() async throws {
        try await withTemporaryFolder { folder in
            let after = folder.appending(path: "after")
            try FileManager.default.createDirectory(at: after, withIntermediateDirectories: true)
            let values = (0..<30).map { "value \($0)" }
            try await withLiveNode(LiveNode.configuration(in: folder)) { node async throws in
                try await node.publish(values, at: "a.mesh.example.org")
                // What the files hold at this moment is what a kill would leave.
                for file in ["node.db", "node.db-wal"] {
                    let source = folder.appending(path: file)
                    try FileManager.default.copyItem(at: source, to: after.appending(path: file))
                }
            }
            try await withLiveNode(LiveNode.configuration(in: after)) { node async throws in
                #expect(try await node.running.dnsAddress.texts(at: "a.mesh.example.org") == values.sorted())
            }
        }
    }

    @Test("An error of what uses the node comes out, and the node is stopped")
    func bodyThrows() async throws {
        struct Failed: Error {}
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder)
            await #expect(throws: Failed.self) {
                try await withLiveNode(configuration) { node async throws in
                    configuration.dnsPort = UInt16(node.running.dnsAddress.port)
                    throw Failed()
                }
            }
            try await withLiveNode(configuration) { node async throws in
                #expect(node.running.dnsAddress.port == Int(configuration.dnsPort))
            }
        }
    }

    @Test("A port that is taken is one line, and leaves nothing open")
    func takenPorts() async throws {
        try await withTemporaryFolder { folder async throws in
            try await withLiveNode(LiveNode.configuration(in: folder)) { node async throws in
                var second = try LiveNode.configuration(in: folder.appending(path: "second"))
                second.dnsPort = UInt16(node.running.dnsAddress.port)
                try await expectStartFailure(second, .dns, naming: "\(second.dnsPort)")

                var third = try LiveNode.configuration(in: folder.appending(path: "third"))
                third.httpPort = UInt16(node.running.httpPort)
                try await expectStartFailure(third, .http, naming: "\(third.httpPort)")
                third.httpPort = 0
                try await withLiveNode(third) { _ in }
            }
        }
    }

    @Test("A database that can't be used and open writes from everywhere are one line each")
    func otherFailures() async throws {
        try await withTemporaryFolder { folder async throws in
            var configuration = try LiveNode.configuration(in: folder)
            configuration.databasePath = folder.path
            try await expectStartFailure(configuration, .store, naming: folder.path)
            configuration = try LiveNode.configuration(in: folder)
            configuration.httpHost = .v4(.init(rawValue: 0))
            try await expectStartFailure(configuration, .configuration, naming: "DMP_ALLOW_OPEN_PUBLIC_BIND")
        }
    }

    private func expectStartFailure(
        _ configuration: NodeConfiguration,
        _ code: NodeError.Code,
        naming part: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let error = await #expect(throws: NodeError.self, sourceLocation: sourceLocation) {
            try await withLiveNode(configuration) { _ in }
        }
        let text = try #require(error?.description, sourceLocation: sourceLocation)
        #expect(
            error?.code == code && text.contains(part) && !text.contains("\n"),
            "\(text)",
            sourceLocation: sourceLocation
        )
    }
}
