import Foundation
import Testing

@Suite("The operator's page", .timeLimit(.minutes(2)))
struct ClusterDocumentTests {
    @Test("A cluster comes up and changes as docs/operators.md tells")
    func cluster() async throws {
        let blocks = try Document(named: "docs/operators.md").blocks(of: "sh")
        let start = try #require(blocks.firstIndex { $0.contains("dnsmesh node") })
        try await withScratchFolder { home in
            let command = try Implementation.ours.command.deletingLastPathComponent().path
            let environment = [
                "HOME": home.path, "PATH": "\(command):/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
                "DMP_PASSPHRASE": "the passphrase of alice",
            ]
            @discardableResult
            func bash(_ script: String) async throws -> String {
                try await Program.run(
                    URL(fileURLWithPath: "/bin/bash"),
                    ["-euo", "pipefail", "-c", "cd; \(script)"],
                    environment: environment
                ).expecting(0).text
            }
            try await bash(blocks[..<start].joined(separator: "\n"))
            var nodes: [RunningNode] = []
            for number in 1...3 {
                let folder = home.appending(path: "node-\(number)")
                let script = blocks[start].replacing("/etc/dnsmesh/token", with: "\(home.path)/token")
                    .replacing("/etc/dnsmesh", with: folder.path).replacing("/var/lib/dnsmesh", with: folder.path)
                let ports = [
                    "DMP_DNS_HOST": "127.0.0.1", "DMP_DNS_PORT": "0", "DMP_HTTP_HOST": "127.0.0.1",
                    "DMP_HTTP_PORT": "0",
                ]
                nodes.append(
                    try await RunningNode.start(
                        ["bash", "-c", script],
                        in: folder,
                        environment: environment.merging(ports) { $1 }
                    )
                )
            }
            var rest = blocks[(start + 1)...].joined(separator: "\n")
            for (index, node) in nodes.enumerated() {
                rest = rest.replacing("https://n\(index + 1).mesh.example.org", with: node.url)
                    .replacing("192.0.2.\(index + 1):53", with: "\(node.dns.host):\(node.dns.port)")
            }
            let resolvers = nodes.map { "\($0.dns.host):\($0.dns.port)" }.joined(separator: ",")
            let shown = try await bash(
                rest.replacing("dnsmesh init alice", with: "dnsmesh init alice --dns-resolvers \(resolvers)")
            )
            for text in [
                "owner: cluster.mesh.example.org", "cluster mode enabled.", "published identity to id-",
                "n03  http=\(nodes[2].url)  fails=0  err=None", "  seq:   8\n", "owner: _dmp.example.org",
                "cluster_base_domain: mesh.example.org",
            ] {
                #expect(shown.contains(text), "\(text) in:\n\(shown)")
            }
        }
    }
}
