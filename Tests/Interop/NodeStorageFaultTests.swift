import Foundation
import Testing

@Suite("Disks that fail under a node", .serialized, .timeLimit(.minutes(5)))
struct NodeStorageFaultTests {
    /// What is full, and how it gets room while the node runs.
    enum Disk: String, CaseIterable, CustomTestStringConvertible {
        case limit = "files may not grow"
        case small = "a disk of a megabyte"

        var testDescription: String { self.rawValue }

        var command: [String] {
            let wait = "until [ -e \"$ROOM\" ]; do sleep 0.05; done"
            return switch self {
            case .limit:
                [
                    "bash", "-c",
                    "trap '' XFSZ; ulimit -S -f 300; (\(wait); prlimit --pid $$ --fsize=unlimited) & exec \"$@\"",
                    "bash",
                ]
            case .small:
                [
                    "unshare", "--user", "--map-root-user", "--mount", "bash", "-c",
                    "mount -t tmpfs -o size=1m none \"$DATA\" && (\(wait); mount -o remount,size=64m \"$DATA\") & sleep 0.2; "
                        + "exec \"$@\"", "bash",
                ]
            }
        }
    }

    private static let cell = Cell(node: .ours, sender: .ours, recipient: .ours)

    @Test(
        "A full disk: nothing more is acknowledged, reading goes on, and with room the node goes on by itself",
        arguments: Disk.allCases
    )
    func full(_ disk: Disk) async throws {
        if disk == .small, try await !Self.canMount() { return }
        try await withScratchFolder { folder in
            let (data, room) = (folder.appending(path: "data"), folder.appending(path: "room"))
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
            let node = try await RunningNode.start(
                disk.command + [try Implementation.ours.command.path, "node"],
                in: folder.appending(path: "node"),
                environment: RunningNode.environment(folder: folder).merging([
                    "DMP_DB_PATH": data.appending(path: "node.db").path, "DATA": data.path, "ROOM": room.path,
                ]) { $1 }
            )
            try await Pair.introduced(Self.cell, on: node) { pair in
                let (alice, bob) = (pair.sender, pair.recipient)
                var acknowledged: [String] = []
                var refusal: Program.Outcome?
                while refusal == nil, acknowledged.count < 300 {
                    let text = "\(acknowledged.count) \(String(repeating: "x", count: 3_000))"
                    let outcome = try await alice.attempt(["send", bob.name, "-"], input: Array(text.utf8))
                    if outcome.status == 0 { acknowledged.append(text) } else { refusal = outcome }
                }
                let refused = try #require(refusal, "the disk was never full")
                #expect(refused.status == 2 && refused.errors.contains("HTTP 503"), "\(refused)")
                #expect(refused.errors.contains("try again later"), "\(refused)")
                print("\(disk.rawValue): full after \(acknowledged.count) messages")

                let key = try await bob.fetch("alice@\(alice.zone)").signingPublicKey
                #expect(!key.isEmpty)
                try await bob.dnsmesh("recv")
                #expect(try await bob.inboxTexts().sorted() == acknowledged.sorted())

                try Data().write(to: room)
                try await Self.waitForRoom(alice)
                try await alice.dnsmesh("send", bob.name, "after")
                try await bob.dnsmesh("recv")
                let texts = try await bob.inboxTexts()
                #expect(texts.filter { $0 == "after" }.count == 1)
                #expect(Set(texts).count == texts.count, "a message came twice")
                #expect(Set(texts).isSuperset(of: acknowledged))
            }
        }
    }

    @Test("A folder where the node may not write is one line that names it", arguments: [false, true])
    func readOnly(hasDatabase: Bool) async throws {
        guard try await Self.canMount() else { return }
        try await withScratchFolder { folder in
            let data = folder.appending(path: "data")
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
            let environment = RunningNode.environment(folder: folder).merging([
                "DMP_DB_PATH": data.appending(path: "node.db").path, "DATA": data.path,
            ]) { $1 }
            let command = try Implementation.ours.command
            if hasDatabase {
                try await RunningProgram.run(command, ["node"], environment: environment) { program in
                    try await program.waitForOutput("node up")
                    #expect(await program.end(by: SIGTERM) == 0)
                }
            }
            let outcome = try await Program.run(
                URL(fileURLWithPath: "/usr/bin/env"),
                [
                    "unshare", "--user", "--map-root-user", "--mount", "bash", "-c",
                    "mount --bind \"$DATA\" \"$DATA\" && mount -o remount,bind,ro \"$DATA\" && exec \"$@\"", "bash",
                    command.path, "node",
                ],
                environment: environment,
                limit: .seconds(60)
            )
            #expect(outcome.status == 1, "\(outcome)")
            let lines = outcome.description.split(separator: "\n").filter { $0.hasPrefix("dnsmesh:") }
            let line = try #require(lines.first, "\(outcome)")
            #expect(lines.count == 1 && line.contains(data.path) && line.contains("read-only"), "\(outcome)")
        }
    }

    /// True where this system lets everybody, or this user, mount in a space of its own.
    private static func canMount() async throws -> Bool {
        try await Program.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["unshare", "--user", "--map-root-user", "--mount", "true"],
            environment: ["PATH": "/usr/bin:/bin"]
        ).status == 0
    }

    /// Until a publication succeeds: the room comes a moment after the wish for it.
    private static func waitForRoom(_ user: User) async throws {
        for _ in 0..<20 where try await user.attempt(["identity", "publish"]).status == 0 { return }
    }
}

extension User {
    fileprivate func inboxTexts() async throws -> [String] {
        struct Message: Decodable {
            let text: String
        }
        let json = try await self.dnsmesh("inbox", "list", "--json")
        return try JSONDecoder().decode([Message].self, from: Data(json.utf8)).map(\.text)
    }
}
